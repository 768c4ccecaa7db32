"""Times of this package against its peers: the same work, in one process, in turn."""
