"""Written studies for the tests of the report: transitions, results, a failed run."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pruning_phases.records.run import RunRecord
from tests.support.written_records import write_run

DENSITY = np.geomspace(1e-4, 1, 31)


def columns(half: float, width: int, replicas: int = 4, seed: int = 0) -> dict[str, NDArray]:
    """Observables of networks that lose half of their accuracy at ``half`` weights."""
    generator = np.random.default_rng([seed, width])
    middle = np.log(half / width**2) + 0.05 * generator.normal(size=(replicas, 1))
    order = 1 / (1 + np.exp(-3 * (np.log(DENSITY) - middle)))
    return {
        "accuracy": 0.1 + 0.85 * order, "loss": 2.3 * (1 - order), "class_order": order,
        "prediction_entropy": np.log(10) * order, "outcome_entropy": np.log(10) * (1 - order),
    }  # fmt: skip


def write_widths(
    folder: Path, widths: tuple[int, ...] = (100, 200), **more: Any
) -> list[RunRecord]:
    """Write a run per width in the study ``written``."""
    return [
        write_run(folder, f"w{width}", DENSITY, columns(150, width), width, **more)
        for width in widths
    ]


def write_failed(folder: Path, error: str, run_id: str = "broken") -> RunRecord:
    record = write_run(folder, run_id, DENSITY[:1], {"accuracy": np.ones((2, 1))}, 50)
    record.fail(error)
    return record


def write_results(folder: Path, **contents: Any) -> None:
    """Write files of results into the study ``written``: NAME=content."""
    for name, content in contents.items():
        (folder / "written" / f"{name}.json").write_text(json.dumps(content))


def value(at: float, error: float) -> dict[str, float]:
    return {"value": at, "error": error}


EXPONENTS = {
    "fits": [
        {"name": "fc mnist", "model": "fc", "dataset": "mnist", "pruner": "magnitude",
         "order_parameter": "corrected_accuracy", "control": "density", "run": "w100",
         "num_replicas": 4, "critical_point": value(5.4e-4, 2.1e-4), "exponent": value(0.77, 0.14),
         "statistical": {"critical_point": 1e-4, "exponent": 0.08},
         "systematic": {"critical_point": 1.8e-4, "exponent": 0.11},
         "window": [1e-4, 5.4e-4], "chi2_per_dof": 0.21, "windows": []},
        {"name": "fc mnist", "model": "fc", "dataset": "mnist", "pruner": "magnitude",
         "order_parameter": "prediction_entropy", "control": "density", "run": "w100",
         "num_replicas": 4, "critical_point": None, "exponent": None,
         "statistical": {"critical_point": None, "exponent": None},
         "systematic": {"critical_point": None, "exponent": None},
         "window": None, "chi2_per_dof": None, "windows": [], "reason": "prune further"},
    ]
}  # fmt: skip

POINTS = [
    {"system": "fc mnist", "p_train": p_train, "p_eval": p_eval, "phase": phase,
     "confidence": 0.99, "alpha": value(alpha, 0.02), "alpha_statistical": 0.01,
     "alpha_systematic": 0.01, "loss": value(0.5, 0.01)}
    for p_train, p_eval, phase, alpha in (
        (0.0, 0.0, "eumentia", 0.42), (0.0, 0.9, "dementia", -0.04),
        (0.99, 0.0, "amentia", 0.0), (0.99, 0.9, "undecided", 0.0),
    )
]  # fmt: skip
PHASE_DIAGRAM = {
    "control": "p_eval", "boundaries_are_of": "p_eval", "least_alpha": 0.05, "least_gain": 0.05,
    "confidence": 0.95, "points": POINTS, "crossings": [],
    "boundaries": [
        {"system": "fc mnist", "kind": "eumentia ends", "p_train": 0.0, "value": value(0.6, 0.09),
         "bracket": [0.4, 0.8], "error_parts": {"replicas": 0.05}},
        {"system": "fc mnist", "kind": "amentia begins", "value": None, "bracket": None,
         "error_parts": None, "reason": "above 0.8"},
    ],
}  # fmt: skip

VERDICT = {
    "source": {"runs": "written", "size": "num_weights", "control": "density",
               "order_parameter": "corrected_accuracy", "window": None, "num_resampled": 100,
               "seed": 0},
    "word": "crossover", "missing": [],
    "evidence": {"sharpening_of_the_fall": {"number": value(0.04, 0.06),
                                            "excludes": ["first-order"]}},
    "critical_point": None, "critical_point_reason": "three sizes are needed",
    "sizes": [], "binder_crossings": [],
}  # fmt: skip

COLLAPSE = {
    "source": {"runs": "written", "control": "p_eval", "p_train": 0.0},
    "bkt": {"critical_point": value(0.52, 0.08), "sigma": value(0.5, None), "L0": None,
            "Delta": value(-0.2, 0.05), "fixed": ["sigma"], "reasons": {"L0": "ends on a bound"},
            "errors": {name: {"statistical": 0.01, "spread_of_fits": 0.07,
                              "shift_with_correction": None}
                       for name in ("critical_point", "sigma", "L0", "Delta")},
            "chi2_per_dof": 1.1, "bic": 90.0, "notes": [], "fits": []},
    "preferred": "bkt", "crossings": {},
}  # fmt: skip

REWIRING = [
    {"system": "fc mnist", "density": 0.01, "family": family, "num_networks": 8,
     "draws_per_network": 1, "final_training_loss": value(loss, 0.004),
     "accuracy": value(0.9, 0.01), "loss": value(0.4, 0.01),
     **({"excess_over_original": value(loss - 0.119, 0.003)} if family != "original" else {})}
    for family, loss in (("original", 0.119), ("rewired", 0.312), ("random", 0.428))
]  # fmt: skip

CAPACITY = [
    {"model": "fc", "dataset": "gaussian", "pruner": pruner, "sparsity": 0.95,
     "kept_weights": 1000, "capacity": value(512.0, 20.0), "noise_correlation": None,
     "mask_information": value(bits, 30.0), "information_per_kept_weight": value(bits / 1000, 0.03),
     "effective_parameters": value(1000 + bits, 30.0), "num_replicas": 4}
    for pruner, bits in (("snip", 200.0), ("imp", 900.0))
]  # fmt: skip

SPARSEST = {
    "target": 0.95, "winners": None,
    "searches": [
        {"name": "supports of 2-3-3-3-1", "masks": 25992, "searched": 25992, "networks": 25992,
         "tries_per_mask": [1, 1], "fewest_nonzeros": count, "masks_that_reach_it": 4,
         "networks_that_reach_it": 4, "highest_accuracy": 0.9612, "front": []}
        for count in (31, None)
    ],
    "retrained": [
        {"of": "given of 2-3-3-3-1", "mask": 0, "nonzeros": 31, "trials": 20, "successes": 3,
         "rate": 0.15, "interval": [0.09, 0.25], "highest_accuracy": 0.96, "median_accuracy": 0.7}
    ],
    "pruned": [
        {"pruner": "snip", "widths": [16, 16, 16], "replicas": 20, "highest_accuracy": 0.97,
         "fewest_nonzeros": value(57.0, 3.0), "dead_fraction": value(0.21, 0.02), "steps": []},
        {"pruner": "imp", "widths": [16, 16, 16], "replicas": 20, "highest_accuracy": 0.8,
         "fewest_nonzeros": None, "dead_fraction": None, "steps": []},
    ],
    "growth": [{"pruner": "snip", "slope": value(0.31, 0.05)}, {"pruner": "imp", "slope": None}],
}  # fmt: skip
