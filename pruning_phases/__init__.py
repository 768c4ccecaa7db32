"""How a trained neural network breaks when it is pruned, and whether the breaking is a phase transition."""

__version__ = "0.1.0"
