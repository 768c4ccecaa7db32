"""The phases: planted losses come back with honest errors, close calls are undecided."""

import json
import re

import numpy as np
import pytest

from pruning_phases.analysis.common.losses import Losses, losses_of
from pruning_phases.analysis.phase_diagram.fit import (
    PHASES,
    UNDECIDED,
    ability_ends,
    learning_ends,
    phase_of,
    probabilities,
    scaling_exponent,
    slopes,
)
from pruning_phases.errors import UserError
from pruning_phases.records.select import systems_of
from tests.analysis.collapse.test_collapse import run
from tests.support.written_records import write_grid_run

SIZES = np.array([128.0, 512, 2048, 8192, 32768])
CONTROL = np.array([0.0, 0.4, 0.8])


def planted(alphas, heights, seed=0, replicas=5, noise=0.05, num_classes=10):
    """L = height (N / 128)^-alpha with relative noise; alphas and heights [p_train, control]."""
    generator = np.random.default_rng(seed)
    alphas, heights = np.asarray(alphas, float), np.asarray(heights, float)
    mean = heights[..., None] * (SIZES / 128) ** -alphas[..., None]
    # Networks that learn nothing hardly differ.
    scatter = noise * np.where((alphas == 0) & (np.abs(heights - 2.3) < 0.1), 0.1, 1.0)
    deviation = generator.normal(size=(*mean.shape, replicas))
    values = mean[..., None] * np.exp(scatter[..., None, None] * deviation)
    p_train = np.linspace(0, 0.99, len(alphas))
    return Losses(p_train, CONTROL[: alphas.shape[1]], SIZES, values, num_classes)


def phases(losses, least_alpha=0.05, least_gain=0.05, confidence=0.95):
    chances = probabilities(losses, slopes(losses), least_alpha, least_gain)
    return [
        [phase_of(chances[:, row, column], confidence) for column in range(chances.shape[2])]
        for row in range(chances.shape[1])
    ]


def test_the_exponent_of_an_exact_power():
    assert scaling_exponent(SIZES, 3 * SIZES**-0.37) == pytest.approx(0.37)
    assert scaling_exponent(SIZES, np.full(5, 2.3)) == pytest.approx(0)


def test_planted_exponents_are_covered_as_often_as_their_errors_say():
    pulls, totals = [], []
    for seed in range(150):
        losses = planted([[0.45, 0.1, 0.0]], [[1.0, 2.0, 9.0]], seed, replicas=6)
        found = slopes(losses)
        off = found.alpha - [[0.45, 0.1, 0.0]]
        pulls += (off / found.statistical).ravel().tolist()
        totals += (off / found.error).ravel().tolist()
    # Student's t with 5 degrees of freedom has 63.7% within one standard error.
    assert (np.abs(pulls) < 1).mean() == pytest.approx(0.637, abs=0.08)
    assert (np.abs(totals) < 3).mean() > 0.97


LEARNING = ([[0.45, 0.3, 0.0], [0.4, 0.35, 0.1], [0.0, 0.0, 0.0]],
            [[1.0, 1.5, 9.0], [1.2, 1.5, 2.5], [2.303, 2.303, 2.31]])  # fmt: skip


def test_planted_phases_are_recovered():
    wrong = 0
    for seed in range(40):
        found = phases(planted(*LEARNING, seed=seed))
        assert found[2] == ["amentia"] * 3
        expected = ["eumentia", "eumentia", "dementia"]
        wrong += sum(a not in (b, UNDECIDED) for a, b in zip(found[0], expected, strict=True))
        assert found[0][:2] == expected[:2] and found[1][0] == "eumentia"
    assert wrong <= 2


def test_what_is_too_close_to_call_is_undecided():
    """alpha on the threshold itself: neither phase may be claimed more often than its level."""
    claimed = [
        phases(planted([[0.45, 0.05]], [[1.0, 9.0]], seed, noise=0.1))[0][1] for seed in range(100)
    ]
    assert claimed.count(UNDECIDED) >= 80
    few = planted([[0.45, 0.0]], [[1.0, 9.0]], replicas=2, noise=0.3)
    assert phases(few)[0][1] == UNDECIDED


def test_a_loss_that_no_longer_falls_though_nothing_is_lost_is_not_dementia():
    """The best p_eval itself with alpha 0 (all there is to learn has been learned)."""
    assert phases(planted([[0.0, 0.0]], [[0.05, 0.05]]))[0] == [UNDECIDED, UNDECIDED]


def test_every_threshold_decides_something():
    losses = planted(*LEARNING)
    assert phases(losses)[0][:2] == ["eumentia", "eumentia"]
    assert phases(losses, least_alpha=0.4)[0][1] == "dementia"
    assert phases(losses, least_gain=0.99)[0] == ["amentia"] * 3
    assert phases(losses, confidence=1 - 1e-12)[0][2] == UNDECIDED


def test_losses_far_above_ln_c_are_not_called_amentia():
    far = planted([[0.0, 0.0]], [[9.0, 12.0]])
    assert phases(far)[0] == [UNDECIDED, UNDECIDED]
    assert "above ln C" in ability_ends(far, 0.05).reason


def test_a_boundary_in_a_shallow_slope_is_known_as_badly_as_alpha():
    control = np.array([0.0, 0.1, 0.2, 0.3])
    mean = (SIZES / 128) ** -(0.11 - 0.4 * control)[:, None]
    noise = np.exp(0.2 * np.random.default_rng(0).normal(size=(1, 4, 5, 6)))
    losses = Losses(np.zeros(1), control, SIZES, mean[None, ..., None] * noise, 10)
    found = slopes(losses)
    boundary = learning_ends(losses, found, 0, 0.05)
    # 0.4 in alpha a unit of the control: an error of alpha of 0.04 is one of 0.1 in the boundary.
    assert boundary.error > 0.7 * found.error.mean() / 0.4 > 0.05


def test_three_sizes_that_bend_have_a_wide_error():
    values = np.array([1.0, 0.99, 0.5])[None, None, :, None] * np.array([0.99, 1.0, 1.01])
    found = slopes(Losses(np.zeros(1), CONTROL[:1], SIZES[:3], values, 10))
    assert found.error > 0.2


def test_networks_without_any_spread_do_not_break_it():
    values = (SIZES[None, None, :, None] ** -0.4) * np.ones((1, 2, 1, 3))
    losses = Losses(np.zeros(1), CONTROL[:2], SIZES, values, 10)
    assert np.isfinite(probabilities(losses, slopes(losses), 0.05, 0.05)).all()
    assert phases(losses)[0] == ["eumentia", "eumentia"]


def test_a_dip_is_no_boundary():
    alphas = [[0.4, 0.02, 0.3]]
    losses = planted(alphas, [[1.0, 1.0, 1.0]], noise=0.01)
    assert "at the last point" in learning_ends(losses, slopes(losses), 0, 0.05).reason


def test_probabilities_are_probabilities():
    losses = planted(*LEARNING)
    chances = probabilities(losses, slopes(losses), 0.05, 0.05)
    assert chances.shape == (len(PHASES), 3, 3)
    assert (chances >= 0).all() and (chances.sum(axis=0) <= 1 + 1e-12).all()


def test_boundaries_lie_where_the_thresholds_are_crossed():
    # alpha falls linearly: 0.45 - 0.5 control crosses 0.05 at 0.8 exactly, between grid points.
    control = np.array([0.0, 0.3, 0.6, 0.9])
    pulls = []
    for seed in range(40):
        generator = np.random.default_rng(seed)
        mean = (SIZES / 128) ** -(0.45 - 0.5 * control)[:, None]
        noise = np.exp(0.05 * generator.normal(size=(1, 4, 5, 6)))
        losses = Losses(np.zeros(1), control, SIZES, mean[None, ..., None] * noise, 10)
        found = learning_ends(losses, slopes(losses), 0, 0.05)
        assert found.bracket == (0.6, 0.9)
        pulls.append((found.value - 0.8) / found.error)
    assert (np.abs(pulls) < 2).mean() >= 0.95
    never = planted([[0.4, 0.4, 0.4]], [[1.0, 1.0, 1.0]])
    ends = learning_ends(never, slopes(never), 0, 0.05)
    assert ends.value is None and "above 0.05 at all points" in ends.reason
    amentia = ability_ends(planted(*LEARNING), 0.05)
    assert amentia.bracket == (pytest.approx(0.495), pytest.approx(0.99))
    assert 0.495 < amentia.value < 0.99 and amentia.error > 0.1


@pytest.fixture
def grid(tmp_path):
    return write_grid_run(tmp_path, "grid", planted(*LEARNING))


def test_a_record_becomes_the_losses_that_it_was_written_from(grid):
    losses, truth = losses_of([grid], "p_eval"), planted(*LEARNING)
    for name in ("p_train", "control", "sizes", "values"):
        np.testing.assert_allclose(getattr(losses, name), getattr(truth, name))


def test_runs_of_more_seeds_are_more_replicas_and_of_other_networks_other_systems(grid, tmp_path):
    more = write_grid_run(tmp_path, "more", planted(*LEARNING, seed=1), seed=1)
    other = write_grid_run(tmp_path, "other", planted(*LEARNING, seed=2), width=50)
    systems = systems_of([grid, more, other])
    assert [len(runs) for runs in systems.values()] == [2, 1]
    assert losses_of([grid, more], "p_eval").values.shape[3] == 10


def test_results_hold_the_contract(grid):
    result = run("phase_diagram", f"runs={grid.folder}", cwd=grid.folder)
    assert result.returncode == 0, result.stderr
    content = json.loads((grid.folder / "phase_diagram.json").read_text())
    assert len(content["points"]) == 9
    for point in content["points"]:
        assert {"p_train", "p_eval", "phase", "confidence", "alpha", "loss"} <= set(point)
        assert set(point["alpha"]) == set(point["loss"]) == {"value", "error"}
        assert point["phase"] in (*PHASES, UNDECIDED)
        assert (point["confidence"] >= 0.95) == (point["phase"] != UNDECIDED)
    kinds = {entry["kind"] for entry in content["boundaries"]}
    assert kinds == {"eumentia ends", "amentia begins"}
    for entry in content["boundaries"]:
        assert entry["value"] or entry["reason"]
    for name in ("phase_diagram.png", "phase_diagram.pdf"):
        assert (grid.folder / name).stat().st_size > 5000


def test_several_systems_are_maps_beside_each_other(grid, tmp_path):
    write_grid_run(tmp_path, "other", planted(*LEARNING, seed=2), width=50)
    result = run("phase_diagram", "runs=written", "output_dir=out", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    content = json.loads((tmp_path / "out" / "phase_diagram.json").read_text())
    assert len({point["system"] for point in content["points"]}) == 2
    for name in ("phase_diagram.png", "phase_diagram/0.png", "phase_diagram/1.png"):
        assert (tmp_path / "out" / name).stat().st_size > 5000


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("control=p_train", r"control=p_train: choose p_eval or density"),
        ("least_alpha=-1", r"least_alpha=-1\.0: give a number"),
        ("confidence=1", r"confidence=1\.0: give a number from 0\.5 to below 1"),
        ("control=density", r"control=density needs one p_eval, and there are 3"),
    ],
)
def test_a_bad_command_is_one_line(grid, override, said):
    result = run("phase_diagram", f"runs={grid.folder}", override, cwd=grid.folder)
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert re.search(said, result.stderr), result.stderr


def test_a_run_without_a_grid_says_what_is_missing(tmp_path):
    losses = planted([[0.4, 0.3]], [[1.0, 2.0]])
    thin = Losses(losses.p_train, losses.control, SIZES[:2], losses.values[:, :, :2], 10)
    with pytest.raises(UserError, match=r"2 training-set sizes: 2 and 3 are needed; train with"):
        losses_of([write_grid_run(tmp_path, "thin", thin)], "p_eval")


def test_a_planted_crossing_is_found_by_the_collapse(tmp_path):
    """L = 3 exp(tanh((p - 0.5) (N / 1000)^(1/2))): all sizes cross at 0.5."""
    control = np.linspace(0.2, 0.8, 16)
    generator = np.random.default_rng(0)
    x = (control[:, None] - 0.5) * (SIZES[None, :4] / 1000) ** 0.5
    scatter = np.exp(0.02 * generator.normal(size=(1, 16, 4, 6)))
    values = 3 * np.exp(np.tanh(3 * x))[None, :, :, None] * scatter
    write_grid_run(tmp_path, "crossing", Losses(np.zeros(1), control, SIZES[:4], values, 10))
    words = ["runs=written", "control=p_eval", "ansatz=power_law", "num_resampled=100"]
    result = run("collapse", *words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    content = json.loads((tmp_path / "written" / "crossing" / "collapse.json").read_text())
    for name, truth in (("critical_point", 0.5), ("nu", 2.0)):
        found = content["power_law"][name]
        assert abs(found["value"] - truth) < 3 * found["error"] < 0.6
    assert content["source"]["control"] == "p_eval" and content["source"]["sizes"][0] == 128
    for pair in content["crossings"]["ln of the test loss"]["pairs"]:
        assert abs(pair["control"]["value"] - 0.5) < 4 * pair["control"]["error"]
    other = run("collapse", *words, "p_train=0.3", cwd=tmp_path)
    assert other.returncode == 2 and "p_train=0.3: choose one of 0" in other.stderr
