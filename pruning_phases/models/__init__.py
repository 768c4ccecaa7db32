"""Models: ordinary modules, one file each, found by ``models.registry``.

In: a configuration and the shapes of input and output. Out: a freshly initialized ``nn.Module``.
They know nothing of replicas, masks and training.
"""
