"""Density schedules: densities after each pruning step. Pure functions of numbers."""

from collections.abc import Sequence
from itertools import pairwise

from pruning_phases.config.enums import Schedule
from pruning_phases.config.groups import NO_SCORE, PrunerConfig
from pruning_phases.errors import UserError


def lowest_density(config: PrunerConfig) -> float:
    """The density after the last step; 0 where the network's size decides it."""
    if config.schedule is Schedule.counts and config.score != NO_SCORE:
        return 0.0
    return min(schedule(config), default=1.0)


def counts_of(config: PrunerConfig, num_weights: int) -> list[int]:
    """Number of weights kept after each pruning step of a network; [] without pruning.

    Raises UserError for a step that would prune nothing.
    """
    if config.schedule is not Schedule.counts or config.score == NO_SCORE:
        return kept_counts(schedule(config), num_weights)
    counts = list(config.counts or [])
    if not counts or any(after >= before for before, after in pairwise([num_weights, *counts])):
        raise UserError(
            f"pruner.counts={counts}: give numbers in falling order, below the {num_weights} "
            "prunable weights"
        )
    return counts


def schedule(config: PrunerConfig) -> list[float]:
    """Densities after each pruning step, without the dense network's 1; [] without pruning."""
    if config.score == NO_SCORE:
        return []
    return kept_densities(
        config.schedule.name,
        steps=config.steps,
        final_density=config.final_density,
        switch_density=config.switch_density,
        coarse_steps=config.coarse_steps,
        densities=config.densities,
    )


def kept_densities(
    schedule: str,
    *,
    steps: int,
    final_density: float,
    switch_density: float,
    coarse_steps: int,
    densities: Sequence[float] | None,
) -> list[float]:
    """Density after each pruning step, strictly falling, for one of five schedules.

    linear     rho_i = 1 - i (1 - rho_K) / K, i = 1 ... K. K = 5000 and rho_K = 0 is the schedule of
               arXiv 2602.15224.
    geometric  rho_i = rho_K^(i / K): every step prunes the same fraction of the surviving weights.
    cubic      rho_i = rho_K + (1 - rho_K) (1 - i / K)^3: many weights in the first steps, few in
               the last ones (Zhu and Gupta 2017, arXiv 1710.01878, eq. 1, from density 1).
    two_stage  coarse_steps geometric steps down to switch_density, then equal steps of 1 / K down
               to final_density: near the transition as fine as ``linear`` with K steps, but
               cheaper.
    list       the given densities.
    """
    if schedule == "list" or densities is not None:
        return _explicit(densities)
    if steps < 1:
        raise UserError(f"pruner.steps={steps}: give 1 step or more")
    if not 0 <= final_density < 1:
        raise UserError(f"pruner.final_density={final_density}: give a number from 0 to below 1")
    if schedule == "linear":
        return [1 - i * (1 - final_density) / steps for i in range(1, steps)] + [final_density]
    if schedule == "geometric":
        return _geometric(steps, final_density, "pruner.final_density")
    if schedule == "cubic":
        span = 1 - final_density
        return [final_density + span * (1 - i / steps) ** 3 for i in range(1, steps + 1)]
    if schedule == "two_stage":
        return _two_stage(steps, final_density, switch_density, coarse_steps)
    raise UserError(
        f"pruner.schedule={schedule}: choose linear, geometric, cubic, two_stage or list"
    )


def kept_counts(densities: Sequence[float], num_weights: int) -> list[int]:
    """Number of weights kept after each step: round(rho num_weights), halves to the even number.

    Raises UserError for a step that would prune nothing.
    """
    counts: list[int] = []
    for step, density in enumerate(densities, start=1):
        kept = round(density * num_weights)
        before = counts[-1] if counts else num_weights
        if kept >= before:
            raise UserError(
                f"pruner: step {step} (density {density:.6g}) would cut none of the {before} "
                f"surviving weights of {num_weights}: give a higher pruner.final_density "
                "(or highest of pruner.densities), fewer pruner.steps, or a larger model"
            )
        counts.append(kept)
    return counts


def _explicit(densities: Sequence[float] | None) -> list[float]:
    if not densities:
        raise UserError(
            "pruner.densities is empty and pruner.schedule=list reads it: "
            "give falling densities such as pruner.densities=[0.5,0.1,0.01]"
        )
    values = [float(value) for value in densities]
    for before, value in zip([1.0, *values], values, strict=False):
        if not 0 <= value < before:
            raise UserError(
                f"pruner.densities={values}: densities must fall from below 1 to 0 or more, and "
                f"{value} follows {before}: give them in falling order"
            )
    return values


def _geometric(steps: int, final_density: float, key: str) -> list[float]:
    if final_density <= 0:
        raise UserError(
            f"{key}={final_density}: geometric steps never reach 0; "
            "give a density above 0, or pruner.schedule=linear"
        )
    return [final_density ** (i / steps) for i in range(1, steps)] + [final_density]


def _two_stage(
    steps: int, final_density: float, switch_density: float, coarse_steps: int
) -> list[float]:
    if coarse_steps < 1:
        raise UserError(f"pruner.coarse_steps={coarse_steps}: give 1 step or more")
    if not final_density < switch_density < 1:
        raise UserError(
            f"pruner.switch_density={switch_density} must lie between "
            f"pruner.final_density={final_density} and 1"
        )
    coarse = _geometric(coarse_steps, switch_density, "pruner.switch_density")
    num_fine = max(1, round((switch_density - final_density) * steps))
    width = (switch_density - final_density) / num_fine
    fine = [switch_density - i * width for i in range(1, num_fine)] + [final_density]
    return coarse + fine
