"""Sweeps: many runs of one command, planned, launched, watched and counted."""
