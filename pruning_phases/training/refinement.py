"""Chunks of an ensemble whose p_train are refined where the phases change.

In: the configuration, the observables so far. Out: groups of networks, one after the other. The
rates of a round follow from the record of the networks before it alone, so that a resumed run
trains the same ones.
"""

from collections.abc import Callable, Iterator

import pandas as pd

from pruning_phases.config.run import Config
from pruning_phases.ensemble.members import Member, in_chunks, members
from pruning_phases.statistics.phases import MOST_RATES, further_rates, likely_phases, loss_grid


def chunks_of(
    config: Config, chunk_size: int, observables: Callable[[], pd.DataFrame], num_classes: int
) -> Iterator[list[Member]]:
    """Yield the chunks of the grid, then those of every round of refinement.

    ``observables`` is called when the chunks before have been measured.
    """
    rates = config.dropout_phase.rates()[0]
    everyone = members(config)
    yield from in_chunks(everyone, chunk_size)
    for _ in range(config.dropout_phase.rounds_of_refinement()):
        added = next_rates(observables(), rates, num_classes)
        if not added:
            return
        yield from in_chunks(members(config, added), chunk_size)
        rates = sorted([*rates, *added])


def max_chunks(config: Config, chunk_size: int) -> int:
    """Largest number of chunks that ``chunks_of`` yields."""
    grid = members(config)
    most_added = len(members(config, [0.0] * MOST_RATES))
    rounds = config.dropout_phase.rounds_of_refinement()
    return -(-len(grid) // chunk_size) + rounds * -(-most_added // chunk_size)


def next_rates(table: pd.DataFrame, rates: list[float], num_classes: int) -> list[float]:
    """The p_train of the next round, from the rows of the networks at ``rates``.

    The control is p_eval, or the density where there is one p_eval.
    """
    table = table[table["p_train"].isin(rates) & (table["num_kept"] > 0)]
    axis = "density"
    if table["p_eval"].nunique() > 1:
        axis, table = "p_eval", table[table["step"] == 0]
    (p_train, _, sizes), losses = loss_grid(table, axis)
    return further_rates(p_train, likely_phases(sizes, losses, num_classes))
