"""Data sets, read whole into memory: one file each, found by ``data.registry``."""
