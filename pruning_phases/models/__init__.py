"""Models: ordinary modules, one file each, found by ``models.registry``."""
