"""The command on written records: results, keys, refused runs."""

import json

import numpy as np
import pytest

from pruning_phases.analysis.common import results
from tests.support.commands import command
from tests.support.written_records import write_run

WIDTHS = (50, 100, 200, 400)
DENSITY = np.geomspace(1e-4, 1, 50)[::-1]


@pytest.fixture
def runs(tmp_path):
    """Accuracy that falls at 150 surviving weights at every width, entropy at a density of 1%."""
    generator = np.random.default_rng(0)
    for width in WIDTHS:
        shift = np.exp(0.2 * generator.normal(size=(16, 1)))
        accuracy = 1 / (1 + (150 / width**2 * shift / DENSITY) ** 2.5)
        entropy = 1 / (1 + (0.01 * shift / DENSITY) ** 2.5)
        columns = {"accuracy": 0.1 + 0.88 * accuracy, "prediction_entropy": 2.3 * entropy}
        write_run(tmp_path, f"w{width}", DENSITY, columns, width)
    return tmp_path


@pytest.fixture
def without_figure(monkeypatch):
    """Leave out the figure, which takes longer than the verdict."""
    monkeypatch.setattr(results, "save_figure", lambda figure, stem: stem)


def result_of(runs, *words):
    result = command("verdict", "runs=written", "num_resampled=100", *words, cwd=runs)
    assert result.returncode == 0, result.stderr
    return json.loads((runs / "written" / "verdict.json").read_text()), result.stdout


def test_runs_that_break_at_a_number_of_weights_are_a_crossover(runs):
    content, printed = result_of(runs)
    assert content["word"] == "crossover" and content["missing"] == []
    assert "verdict: crossover" in printed
    drift = content["evidence"]["drift_of_the_half_point"]["number"]
    assert abs(drift["value"] + 1) < 4 * drift["error"] < 0.3
    fall = content["evidence"]["sharpening_of_the_fall"]
    assert fall["excludes"] == ["continuous", "first-order"]
    assert content["critical_point"] is None and content["critical_point_reason"]
    assert [row["N"] for row in content["sizes"]] == [width**2 for width in WIDTHS]
    for row in content["sizes"]:
        expected = 150 / row["N"]
        assert abs(row["half_point"]["value"] - expected) < 4 * row["half_point"]["error"]
    for name in ("verdict.png", "verdict.pdf"):
        assert (runs / "written" / name).stat().st_size > 5000


@pytest.mark.filterwarnings("error")
def test_two_replicas_of_each_size_are_undecided(tmp_path):
    generator = np.random.default_rng(0)
    for width in WIDTHS[:3]:
        shift = np.exp(0.05 * generator.normal(size=(2, 1)))
        accuracy = 0.1 + 0.85 / (1 + (150 / width**2 * shift / DENSITY) ** 3)
        write_run(tmp_path, f"w{width}", DENSITY, {"accuracy": accuracy}, width)
    content, _ = result_of(tmp_path)
    assert content["word"] == "undecided"
    assert [row["p_value_of_one_mode"] for row in content["sizes"]] == [None] * 3


def test_every_key_changes_the_result(runs, without_figure):
    default, _ = result_of(runs)
    drift = "drift_of_the_half_point"

    def number(content, name):
        return content["evidence"][name]["number"]

    kept, _ = result_of(runs, "control=num_kept")
    assert abs(number(kept, drift)["value"]) < 4 * number(kept, drift)["error"]
    entropy, _ = result_of(runs, "order_parameter=prediction_entropy")
    assert abs(number(entropy, drift)["value"]) < 4 * number(entropy, drift)["error"]
    by_width, _ = result_of(runs, "size=model.widths")
    assert [row["size"] for row in by_width["sizes"]] == list(WIDTHS)
    assert by_width["evidence"] == default["evidence"]  # exponents are with respect to N
    window, _ = result_of(runs, "window=[0.0003,1]")
    assert number(window, drift) != number(default, drift)
    seed, _ = result_of(runs, "seed=1")
    assert number(seed, drift)["error"] != number(default, drift)["error"]


def test_a_part_of_the_fall_is_undecided_with_its_cure(runs, without_figure):
    content, printed = result_of(runs, "window=[0.003,1]")
    assert content["word"] == "undecided"
    assert "measure over a wider range" in printed


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["runs=written", "control=width"], "control=width: choose density"),
        (["runs=written", "window=[1,0]"], "window=[1.0, 0.0]: give window=[LOW,HIGH]"),
        (["runs=written/w50"], "1 size: a verdict compares three or more"),
        (["runs=written", "size=model.depth"], "choose runs that differ in size=model.depth"),
    ],
)
def test_unsuitable_input_is_refused_in_one_line(runs, words, said):
    result = command("verdict", *words, cwd=runs)
    assert result.returncode == 2 and said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
