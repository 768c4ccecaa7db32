"""Over which control parameter do the curves of all sizes lie on one?"""

import numpy as np
import pytest

from pruning_phases.analysis.collapse.compared_controls import compare_controls
from pruning_phases.analysis.collapse.sized_runs import falling_points
from tests.support.written_records import write_run

DENSITY = np.geomspace(1e-3, 1, 61)


def records(tmp_path, middle_of):
    """Runs whose accuracy is halved at the density ``middle_of(width)``."""
    found = []
    for width in (50, 100, 200):
        generator = np.random.default_rng(width)
        middle = np.log(middle_of(width)) + 0.05 * generator.normal(size=(8, 1))
        accuracy = 0.1 + 0.8 / (1 + np.exp(-3 * (np.log(DENSITY) - middle)))
        accuracy += 0.005 * generator.normal(size=accuracy.shape)
        columns = {"accuracy": accuracy, "effective_density": np.tile(0.9 * DENSITY, (8, 1))}
        found.append(write_run(tmp_path, f"w{width}", DENSITY, columns, width))
    return found


def compared(runs, order_parameter):
    return compare_controls(falling_points(runs, "num_weights", order_parameter))


@pytest.mark.parametrize(
    ("middle_of", "aligning"),
    [(lambda width: 150 / width**2, {"num_kept", "undecided"}), (lambda width: 0.03, {"density"})],
    ids=["num_kept", "density"],
)
def test_the_control_that_aligns_planted_sizes_is_found(tmp_path, middle_of, aligning):
    found = compared(records(tmp_path, middle_of), "corrected_accuracy")
    assert [one.name for one in found.controls] == ["density", "num_kept", "effective_kept"]
    assert found.aligning in aligning
    quality = {one.name: one.one_curve[0] for one in found.controls}
    best = "num_kept" if "num_kept" in aligning else "density"
    other = "density" if best == "num_kept" else "num_kept"
    assert quality[best] < 2.5 and quality[other] > 20


@pytest.mark.slow
def test_proportional_controls_align_equally_well(tmp_path):
    """The weights on a path are 0.9 of the surviving ones here."""
    runs = records(tmp_path, lambda width: 150 / width**2)
    found = compared(runs, "corrected_accuracy")
    assert found.aligning == "undecided"
    assert "num_kept" in found.reason and "effective_kept" in found.reason


def test_too_few_points_in_the_fall_are_said(tmp_path):
    step = np.tile(np.where(DENSITY > 0.1, 0.9, 0.1), (4, 1))
    runs = [
        write_run(tmp_path, f"s{width}", DENSITY, {"accuracy": step}, width) for width in (50, 100)
    ]
    found = compared(runs, "accuracy")
    assert found.controls == [] and "20 are needed" in found.reason
