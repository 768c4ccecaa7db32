"""Callbacks of the training loop, one per file; ``training.run.callbacks_of`` sets their order."""
