"""Records of runs and sweeps on disk. Knows nothing of torch, and executes nothing that it reads."""
