"""Analyses of finished runs, one folder each.

In: records. Out: results as files and a summary. May not import torch, Hydra, or what makes runs.
"""
