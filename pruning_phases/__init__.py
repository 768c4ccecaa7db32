"""How a trained neural network breaks when it is pruned: is it a phase transition?"""

__version__ = "0.2.0"
