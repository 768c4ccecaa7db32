"""Masks in which the replicas of a run differ: from a file or from an enumeration of networks.

In: the topology's options, an architecture. Out: an ``InitialState`` with new weights, or a
UserError in one line. Knows no training.
"""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.numpy import load

from pruning_phases.config.enums import Family
from pruning_phases.config.run import Config
from pruning_phases.ensemble.architecture import Architecture
from pruning_phases.ensemble.members import members
from pruning_phases.errors import UserError
from pruning_phases.file_path import expanded
from pruning_phases.records.snapshots import MASK, masks_of
from pruning_phases.topology.enumeration import (
    block_widths,
    blocks,
    network_supports,
    num_blocks,
    num_network_supports,
    num_supports,
    sizes_of,
)
from pruning_phases.training.initial_state import InitialState

MOST_SUPPORTS = 1_000_000  # of a layer


def own_masks(config: Config, architecture: Architecture) -> InitialState:
    """The masks of all replicas. Raises UserError for a file or a network that does not fit."""
    if config.topology.family is Family.given:
        return _from_file(config, architecture)
    return _enumerated(config, architecture)


def _from_file(config: Config, architecture: Architecture) -> InitialState:
    """Masks of a file; replica r has mask r modulo their number."""
    where = f"topology.masks={config.topology.masks}"
    assert config.topology.masks is not None  # checked with the configuration
    try:
        content = load(expanded(config.topology.masks).read_bytes())
    except SafetensorError as error:
        raise UserError(f"{where}: no safetensors file ({error})") from error
    found = masks_of(content)
    for fault in _faults(found, architecture):
        raise UserError(f"{where}: {fault}")
    count = len(next(iter(found.values())))
    return InitialState(
        {name: mask.astype(bool) for name, mask in found.items()},
        {member: member.replica % count for member in members(config)},
        {"masks": count},
    )


def _faults(found: dict[str, NDArray], architecture: Architecture) -> list[str]:
    """Return what makes masks unfit for an architecture, one line each."""
    shapes = {name: architecture.shapes[name] for name in architecture.layer_of}
    if found.keys() != shapes.keys():
        there = ", ".join(MASK + name for name in sorted(found)) or f"no {MASK}WEIGHT"
        return [f"it holds {there}, and this model needs {', '.join(MASK + n for n in shapes)}"]
    counts = {len(mask) if mask.ndim else 0 for mask in found.values()}
    faults = []
    for name, mask in found.items():
        if mask.shape[1:] != shapes[name] or len(counts) > 1 or counts == {0}:
            one = "x".join(map(str, shapes[name]))
            got = "x".join(map(str, mask.shape))
            faults.append(
                f"{MASK}{name} has shape {got}, and as many masks of {one} in every layer are "
                "needed"
            )
        elif not np.isin(mask, (0, 1)).all():
            faults.append(f"{MASK}{name} has other numbers than 0 and 1")
        elif len(empty := np.flatnonzero(~mask.astype(bool).reshape(len(mask), -1).any(axis=1))):
            faults.append(f"mask {empty[0]} of {name} keeps no weight")
    return faults


def _enumerated(config: Config, architecture: Architecture) -> InitialState:
    """Masks of an enumeration; replica r has number r. Blocks have the initial weights of the
    network that the block is."""
    family = config.topology.family
    sizes = _sizes(architecture)
    if sizes is None:
        raise UserError(
            f"topology={family.name} enumerates fully connected networks with a hidden layer: give "
            "model=fc and model.depth=2 or more"
        )
    if family is Family.supports:
        _refuse_many(sizes)
    count = num_blocks(sizes) if family is Family.blocks else num_network_supports(sizes)
    end = config.first_replica + config.num_replicas
    if end > count:
        shown = "-".join(map(str, sizes))
        raise UserError(
            f"num_replicas={config.num_replicas}: {shown} has {count} {family.name}: "
            f"first_replica + num_replicas may be {count} at most"
        )
    numbers = range(config.first_replica, end)
    found = (blocks if family is Family.blocks else network_supports)(sizes, numbers)
    return InitialState(
        dict(zip(architecture.layer_of, found, strict=True)),
        {member: member.replica - config.first_replica for member in members(config)},
        {"masks": count},
        scales=_scales(sizes, numbers, architecture) if family is Family.blocks else {},
    )


def _refuse_many(sizes: list[int]) -> None:
    for out, into in zip(sizes[1:-1], sizes[:-2], strict=True):
        if (number := num_supports(out, into)) > MOST_SUPPORTS:
            raise UserError(
                f"topology=supports: a layer of {out}x{into} has {number:.2g} supports, and at "
                f"most {MOST_SUPPORTS:,} are enumerated: give smaller model.widths"
            )


def _sizes(architecture: Architecture) -> list[int] | None:
    """Units of each layer of a fully connected network with a hidden layer, else None."""
    shapes = list(architecture.layers.values())
    chained = all(one[0] == two[-1] for one, two in pairwise(shapes))
    linear = architecture.chain is not None and all(len(shape) == 2 for shape in shapes)
    if not linear or not chained or len(shapes) < 2:
        return None
    return sizes_of(shapes)


def _scales(
    sizes: list[int], numbers: range, architecture: Architecture
) -> dict[str, NDArray[np.float64]]:
    """Factors of initial weights and biases of blocks, parameter name -> [numbers].

    PyTorch samples both from (-1, 1)/sqrt(fan-in), and the fan-in of a block is smaller than that
    of the whole network.
    """
    chain = architecture.chain
    assert chain is not None  # a network with sizes is one
    factors = np.sqrt(np.array(sizes[1:-1]) / block_widths(sizes, numbers)).T  # [L - 1, numbers]
    return {
        name: own
        for names in (chain.weights, chain.biases)
        for name, own in zip(names[1:], factors, strict=True)
    }
