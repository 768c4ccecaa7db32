"""This project beside its peers: the same work, in one process, in turn."""
