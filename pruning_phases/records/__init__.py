"""Records of runs and sweeps on disk.

In: identities, tables, arrays. Out: the same, read back. Knows no torch, and executes
nothing that it reads.
"""
