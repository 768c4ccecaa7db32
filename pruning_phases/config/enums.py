"""Values that a key may choose from, where this package's own code fixes them.

Models, data sets, scores and analyses are found by their files instead: see
``pruning_phases.registry``.
"""

from enum import Enum


class Rule(Enum):
    """Rule that ends a training: a number of updates, of epochs, or a loss that stops improving."""

    updates = 1
    epochs = 2
    plateau = 3


class Stage(Enum):
    """Weights of a network: current, after the dense training, or initial."""

    now = 1
    trained = 2
    initial = 3


# Weights that compete for survival: all weights of a replica, or the weights of each layer, of
# equal densities or of those of random graphs (``pruning.regrowth``).
Scope = Enum("Scope", ["global", "layer", "erdos_renyi"])


class Schedule(Enum):
    """Densities after the pruning steps: see ``pruning.schedules``."""

    linear = 1
    geometric = 2
    two_stage = 3
    list = 4
    cubic = 5
    counts = 6


class RateSchedule(Enum):
    """Learning rate over the updates of a training: see ``training.learning_rate``."""

    constant = 1
    cosine = 2
    steps = 3


class Difference(Enum):
    """Differences between replicas."""

    everything = 1
    data = 2  # the examples alone: equal initial weights, data order and dropout


class Labels(Enum):
    """Labels of the random inputs of ``data.gaussian``."""

    random = 1
    teacher = 2  # given by a random network


class Inputs(Enum):
    """Inputs that are left before one step of the first layer."""

    all = 1
    found = 2  # by the slopes of probe neurons
    relevant = 3


class Family(Enum):
    """Graph that a network is trained on.

    It has all edges, the edges that a pruned run kept, or random edges that share a property with
    these. The comments name that property. Or the replicas differ in their masks, which a file
    holds or an enumeration gives (``topology.enumeration``).
    """

    dense = 1
    original = 2  # all: the pruned run's mask
    rewired = 3  # every node's in-degree and out-degree
    random = 4  # the number of edges of each layer
    in_degrees = 5  # the number of edges into each node
    out_degrees = 6  # the number of edges out of each node
    active_nodes = 7  # the nodes that have edges
    reinitialized = 8  # the pruned run's mask, with new initial weights
    given = 9  # the masks of a file
    blocks = 10  # every dense block
    supports = 11  # every support, up to permutations of the hidden units

    @property
    def differs_by_replica(self) -> bool:
        """True if replica r has mask number r, which no pruned run gives."""
        return self in (Family.given, Family.blocks, Family.supports)

    @property
    def is_from_run(self) -> bool:
        """True if a pruned run gives the masks."""
        return self is not Family.dense and not self.differs_by_replica


FAMILIES = [family.name for family in Family if family.is_from_run]
