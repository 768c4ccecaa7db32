"""The command ``universality`` on written records."""

import json

import numpy as np
import pytest

from tests.support.commands import command
from tests.support.written_records import write_run

DENSITY = np.geomspace(1e-4, 1, 31)


def accuracy(width, half=150, replicas=6, floor=0.1):
    generator = np.random.default_rng(width)
    middle = np.log(half / width**2) + 0.05 * generator.normal(size=(replicas, 1))
    rise = 1 / (1 + np.exp(-3 * (np.log(DENSITY) - middle)))
    return floor + (0.95 - floor) * rise


@pytest.fixture
def study(tmp_path):
    for width in (100, 200, 400):
        write_run(tmp_path, f"w{width}", DENSITY, {"accuracy": accuracy(width)}, width)
    return tmp_path / "written"


def test_systems_that_lose_their_accuracy_at_one_number_of_weights(study, tmp_path):
    result = command("universality", f"runs={study}", "num_resampled=200", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    content = json.loads((study / "universality.json").read_text())
    for entry in content["systems"]:
        half = entry["half_accuracy"]
        assert abs(half["num_kept"]["value"] - 150) < 4 * half["num_kept"]["error"]
        assert half["num_kept"]["value"] == pytest.approx(
            half["density"]["value"] * entry["num_weights"], rel=0.01
        )
        assert half["kept_per_layer"]["value"] == pytest.approx(half["num_kept"]["value"] / 2)
        assert half["mean_degree"] is None and "mean_degree" in entry["reasons"]
    tests = {row["control"]: row["half_accuracy"] for row in content["controls"]}
    assert tests["num_kept"]["equal"] and not tests["density"]["equal"]
    assert content["least_scatter"] == "num_kept"
    assert content["groups"][0]["options"] == "model"
    assert "3 systems that differ in model agree" in " ".join(result.stdout.split())
    assert (study / "universality.png").exists()


def test_a_network_that_has_not_learned_is_left_out(study, tmp_path):
    noise = 0.1 + 0.01 * np.random.default_rng(0).normal(size=(6, len(DENSITY)))
    write_run(tmp_path, "untrained", DENSITY, {"accuracy": noise}, 50)
    result = command("universality", f"runs={study}", "num_resampled=100", cwd=tmp_path)
    assert result.returncode == 0
    said = "left out: runs (untrained): the dense network's accuracy is not above chance"
    assert said in " ".join(result.stdout.split())
