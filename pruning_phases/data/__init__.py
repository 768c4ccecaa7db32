"""Data sets in memory: one file each, found by ``data.registry``.

In: a configuration, a folder, a seed. Out: a ``Dataset``. They know nothing of replicas.
"""
