"""The engine: replicas as a tensor dimension, trained and pruned together."""
