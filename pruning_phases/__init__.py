"""Neural networks under pruning: their breakdown, and whether it is a phase transition."""

__version__ = "0.2.0"
