"""Tables with a known scaling law: several critical points, exponents, functions and noises."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from pruning_phases.analysis.collapse.points import Points

Array = NDArray[np.float64]

FUNCTIONS: dict[str, Callable[[Array, float], Array]] = {
    "softplus": lambda x, beta: np.logaddexp(0.0, x) ** beta,
    "algebraic": lambda x, beta: (np.sqrt(1 + x**2) + x + 0.05) ** beta,
    "sigmoid": lambda x, beta: (
        (1 + np.clip(x, 0, None) ** 2) ** (beta / 2) / (1 + np.exp(np.clip(-x, -50, 50)))
    ),
    "step": lambda x, _: 1.3 + np.tanh(x),
}


def planted_power_law(
    seed: int, ratio: float = 2.0, noisy: bool = True
) -> tuple[Points, dict[str, float]]:
    """Points that follow a power law, and the truth.

    4 to 6 sizes x 20 points, noise of 0.5 to 5%, relative or even.

    ``ratio`` of neighbouring sizes; not ``noisy``: the exact values, with the same errors.
    """
    generator = np.random.default_rng([seed, 1])
    critical = generator.choice([0.1, 0.5927, 1.0, 2.269])
    nu = generator.choice([0.7, 1.0, 4 / 3, 2.0])
    beta = generator.choice([0.05, 0.125, 0.3, 0.5, 1.0])
    points = _plant(
        generator, critical, 8 * ratio ** np.arange(6), beta, generator.choice([2, 4, 8]), noisy,
        scale=lambda size: size ** (1 / nu), factor=lambda size: size ** (-beta / nu),
    )  # fmt: skip
    return points, {"critical_point": critical, "nu": nu, "beta": beta}


def planted_bkt(
    seed: int, ratio: float = 2.0, noisy: bool = True
) -> tuple[Points, dict[str, float]]:
    """Points that follow the BKT ansatz with sigma = 1/2, and the truth."""
    generator = np.random.default_rng([seed, 2])
    critical = generator.choice([0.1, 0.5927, 1.0, 2.269])
    start = generator.choice([0.5, 1.0, 3.0])
    delta = generator.choice([-0.25, -0.125, 0.0])
    points = _plant(
        generator, critical, 16 * ratio ** np.arange(6), 0.3, generator.choice([2, 4]), noisy,
        scale=lambda size: np.log(size / start) ** 2, factor=lambda size: size**delta,
    )  # fmt: skip
    return points, {"critical_point": critical, "L0": start, "Delta": delta}


def _plant(
    generator: np.random.Generator, critical: float, sizes: Array, beta: float, reach: float,
    noisy: bool, scale: Callable[[Array], Array], factor: Callable[[Array], Array],
) -> Points:  # fmt: skip
    sizes = sizes[: generator.integers(4, 7)]
    half = reach / scale(np.median(sizes, keepdims=True))[0]
    low, high = generator.uniform(0.6, 1.2, 2) * half
    control, size = (
        part.ravel()
        for part in np.meshgrid(np.linspace(critical - low, critical + high, 20), sizes)
    )
    shape = FUNCTIONS[str(generator.choice(list(FUNCTIONS)))]
    value = factor(size) * shape((control - critical) * scale(size), beta)
    noise = generator.choice([0.005, 0.01, 0.02, 0.05])
    relative = generator.random() < 0.5
    error = noise * (value if relative else np.full_like(value, value.max()))
    deviation = error * generator.standard_normal(len(value)) * noisy
    return Points(control, size, value + deviation, error)
