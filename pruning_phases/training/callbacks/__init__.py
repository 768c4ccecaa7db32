"""Callbacks of the training loop, whose order and purpose ``training.loop`` describes."""
