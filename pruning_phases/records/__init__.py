"""Records of runs and sweeps on disk. Knows no torch, executes nothing that it reads."""
