"""What hangs on the training loop: cut, stop, measure, record, report."""
