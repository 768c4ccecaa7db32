"""Phases of planted losses: exponents, boundaries and crossings lie within their errors."""

import json

import numpy as np
import pytest

from pruning_phases.analysis.common.losses import Losses, losses_of
from pruning_phases.analysis.phase_diagram import PhaseDiagramConfig, adapt, analyse
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
from pruning_phases.config.keys import refuse_out_of_bounds
from pruning_phases.console import new_console
from pruning_phases.errors import UserError
from pruning_phases.records.select import systems_of
from tests.analysis.collapse.test_collapse import run
from tests.support.written_records import write_grid_run

SIZES = np.array([128.0, 512, 2048, 8192, 32768])
CONTROL = np.array([0.0, 0.4, 0.8])


def planted(alphas, heights, seed=0, replicas=5, noise=0.05, num_classes=10, control=CONTROL):
    """L = height (N / 128)^-alpha with relative noise; alphas and heights [p_train, control]."""
    generator = np.random.default_rng(seed)
    alphas, heights = np.asarray(alphas, float), np.asarray(heights, float)
    mean = heights[..., None] * (SIZES / 128) ** -alphas[..., None]
    # The losses of networks that learn nothing have little scatter.
    scatter = noise * np.where((alphas == 0) & (np.abs(heights - 2.3) < 0.1), 0.1, 1.0)
    deviation = generator.normal(size=(*mean.shape, replicas))
    values = mean[..., None] * np.exp(scatter[..., None, None] * deviation)
    p_train = np.linspace(0, 0.99, len(alphas))
    return Losses(p_train, control[: alphas.shape[1]], SIZES, values, num_classes)


def phases(losses, least_alpha=0.05, least_gain=0.05, confidence=0.95):
    chances = probabilities(losses, slopes(losses), least_alpha, least_gain)
    return [
        [phase_of(chances[:, row, column], confidence) for column in range(chances.shape[2])]
        for row in range(chances.shape[1])
    ]


def test_the_exponent_of_an_exact_power_is_exact():
    assert scaling_exponent(SIZES, 3 * SIZES**-0.37) == pytest.approx(0.37)
    assert scaling_exponent(SIZES, np.full(5, 2.3)) == pytest.approx(0)


def test_errors_cover_planted_exponents_as_often_as_they_say():
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


def test_a_point_on_the_threshold_is_undecided():
    """No phase may be claimed more often than the confidence admits."""
    claimed = [
        phases(planted([[0.45, 0.05]], [[1.0, 9.0]], seed, noise=0.1))[0][1] for seed in range(100)
    ]
    assert claimed.count(UNDECIDED) >= 80
    few = planted([[0.45, 0.0]], [[1.0, 9.0]], replicas=2, noise=0.3)
    assert phases(few)[0][1] == UNDECIDED


def test_a_small_loss_that_no_longer_falls_is_not_dementia():
    """At the best p_eval alpha is 0 because the networks have learned everything."""
    assert phases(planted([[0.0, 0.0]], [[0.05, 0.05]]))[0] == [UNDECIDED, UNDECIDED]


def test_every_threshold_has_an_effect():
    losses = planted(*LEARNING)
    assert phases(losses)[0][:2] == ["eumentia", "eumentia"]
    assert phases(losses, least_alpha=0.4)[0][1] == "dementia"
    assert phases(losses, least_gain=0.99)[0] == ["amentia"] * 3
    assert phases(losses, confidence=1 - 1e-12)[0][2] == UNDECIDED


def test_losses_far_above_ln_c_are_not_amentia():
    far = planted([[0.0, 0.0]], [[9.0, 12.0]])
    assert phases(far)[0] == [UNDECIDED, UNDECIDED]
    assert "above ln C" in ability_ends(far, 0.05).reason


def test_the_error_of_a_boundary_follows_from_that_of_alpha():
    control = np.array([0.0, 0.1, 0.2, 0.3])
    mean = (SIZES / 128) ** -(0.11 - 0.4 * control)[:, None]
    noise = np.exp(0.2 * np.random.default_rng(0).normal(size=(1, 4, 5, 6)))
    losses = Losses(np.zeros(1), control, SIZES, mean[None, ..., None] * noise, 10)
    found = slopes(losses)
    boundary = learning_ends(losses, found, 0, 0.05)
    # alpha falls by 0.4 per unit of the control: an error of 0.04 in alpha shifts it by 0.1.
    assert boundary.error > 0.7 * found.error.mean() / 0.4 > 0.05


def test_three_sizes_that_bend_have_a_wide_error():
    values = np.array([1.0, 0.99, 0.5])[None, None, :, None] * np.array([0.99, 1.0, 1.01])
    found = slopes(Losses(np.zeros(1), CONTROL[:1], SIZES[:3], values, 10))
    assert found.error > 0.2


def test_networks_without_scatter_have_finite_probabilities():
    values = (SIZES[None, None, :, None] ** -0.4) * np.ones((1, 2, 1, 3))
    losses = Losses(np.zeros(1), CONTROL[:2], SIZES, values, 10)
    assert np.isfinite(probabilities(losses, slopes(losses), 0.05, 0.05)).all()
    assert phases(losses)[0] == ["eumentia", "eumentia"]


def test_a_dip_of_alpha_is_no_boundary():
    alphas = [[0.4, 0.02, 0.3]]
    losses = planted(alphas, [[1.0, 1.0, 1.0]], noise=0.01)
    assert "at the last point" in learning_ends(losses, slopes(losses), 0, 0.05).reason


def test_probabilities_lie_between_0_and_1():
    losses = planted(*LEARNING)
    chances = probabilities(losses, slopes(losses), 0.05, 0.05)
    assert chances.shape == (len(PHASES), 3, 3)
    assert (chances >= 0).all() and (chances.sum(axis=0) <= 1 + 1e-12).all()


def test_boundaries_lie_at_the_crossings_of_the_thresholds():
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


def write_density_run(tmp_path, run_id):
    """A run of pruned networks: alpha is 0.4 at densities of 0.1 or more, 0 at 0.01."""
    density = np.array([1.0, 0.3, 0.1, 0.01])
    losses = planted([[0.4, 0.4, 0.4, 0.0]], [[1.0, 1.0, 1.0, 9.0]], control=1 - density)
    record = write_grid_run(tmp_path, run_id, losses)
    table = record.observables()
    table = table.assign(density=1 - table["p_eval"], step=table["p_eval"].rank(method="dense") - 1)
    table = table.assign(num_kept=(table["density"] * 100**2).round().astype(int), p_eval=0.0)
    record.write_tables(table.astype({"step": int}), record.layers())
    return record


@pytest.fixture
def grid(tmp_path):
    return write_grid_run(tmp_path, "grid", planted(*LEARNING))


def test_the_losses_of_a_record_are_those_it_was_written_with(grid):
    losses, truth = losses_of([grid], "p_eval"), planted(*LEARNING)
    for name in ("p_train", "control", "sizes", "values"):
        np.testing.assert_allclose(getattr(losses, name), getattr(truth, name))


def test_seeds_are_pooled_and_other_networks_are_other_systems(grid, tmp_path):
    more = write_grid_run(tmp_path, "more", planted(*LEARNING, seed=1), seed=1)
    other = write_grid_run(tmp_path, "other", planted(*LEARNING, seed=2), width=50)
    systems = systems_of([grid, more, other])
    assert [len(runs) for runs in systems.values()] == [2, 1]
    assert losses_of([grid, more], "p_eval").values.shape[3] == 10


def test_results_hold_the_contract(grid):
    content = analyse(PhaseDiagramConfig(str(grid.folder)), new_console())
    assert content == json.loads((grid.folder / "phase_diagram.json").read_text())
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


def test_several_systems_have_a_map_each_and_a_common_figure(grid, tmp_path):
    write_grid_run(tmp_path, "other", planted(*LEARNING, seed=2), width=50)
    config = PhaseDiagramConfig(str(tmp_path / "written"), str(tmp_path / "out"))
    content = analyse(config, new_console())
    assert len({point["system"] for point in content["points"]}) == 2
    for name in ("phase_diagram.png", "phase_diagram/0.png", "phase_diagram/1.png"):
        assert (tmp_path / "out" / name).stat().st_size > 5000


def test_the_map_over_density_quotes_boundaries_in_sparsity(tmp_path):
    record = write_density_run(tmp_path, "pruned")
    config = PhaseDiagramConfig(str(record.folder))
    adapt(config, record)
    assert config.control == "density"
    content = analyse(config, new_console())
    assert [point["density"] for point in content["points"]] == pytest.approx([1, 0.3, 0.1, 0.01])
    assert content["boundaries_are_of"] == "sparsity"
    (boundary,) = content["boundaries"]
    assert 0.9 < boundary["value"]["value"] < 0.99
    assert (record.folder / "phase_diagram.png").stat().st_size > 5000


def test_an_unsuitable_system_does_not_stop_the_others(grid, tmp_path, capsys):
    losses = planted([[0.4, 0.3]], [[1.0, 2.0]])
    thin = Losses(losses.p_train, losses.control, SIZES[:2], losses.values[:, :, :2], 10)
    write_grid_run(tmp_path, "thin", thin, width=50)
    config = PhaseDiagramConfig(str(tmp_path / "written"), str(tmp_path / "out"))
    assert len(analyse(config, new_console())["points"]) == 9
    assert "left out: runs (thin): 2 values of p_eval and 2" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("control=p_train", r"control=p_train: choose p_eval or density"),
        ("least_alpha=-1", r"least_alpha=-1\.0: give a number"),
        ("confidence=1", r"confidence=1\.0: give a number from 0\.5 to below 1"),
        ("control=density", r"control=density needs one p_eval, and there are 3"),
    ],
)
def test_an_impossible_option_is_refused(grid, override, message):
    kind, value = override.split("=")
    config = PhaseDiagramConfig(str(grid.folder))
    setattr(config, kind, value if kind == "control" else float(value))
    with pytest.raises(UserError, match=message) as caught:
        refuse_out_of_bounds(config)
        config.check()
        analyse(config, new_console())
    assert "\n" not in str(caught.value)


def test_the_command_refuses_an_impossible_option_in_one_line(grid):
    result = run("phase_diagram", f"runs={grid.folder}", "control=density", cwd=grid.folder)
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert "control=density needs one p_eval, and there are 3" in result.stderr


def test_a_run_without_a_grid_is_refused_with_the_missing_options(tmp_path):
    losses = planted([[0.4, 0.3]], [[1.0, 2.0]])
    thin = Losses(losses.p_train, losses.control, SIZES[:2], losses.values[:, :, :2], 10)
    with pytest.raises(UserError, match=r"2 training-set sizes: 2 and 3 are needed; train with"):
        losses_of([write_grid_run(tmp_path, "thin", thin)], "p_eval")


def write_crossing_run(tmp_path, num_controls):
    """L = 3 exp(tanh(3 (p - 0.5) (N / 1000)^(1/2))): all sizes cross at 0.5."""
    control = np.linspace(0.2, 0.8, num_controls)
    generator = np.random.default_rng(0)
    x = (control[:, None] - 0.5) * (SIZES[None, :4] / 1000) ** 0.5
    scatter = np.exp(0.02 * generator.normal(size=(1, num_controls, 4, 6)))
    values = 3 * np.exp(np.tanh(3 * x))[None, :, :, None] * scatter
    losses = Losses(np.zeros(1), control, SIZES[:4], values, 10)
    return write_grid_run(tmp_path, "crossing", losses)


def test_planted_crossings_are_found(tmp_path):
    config = PhaseDiagramConfig(str(write_crossing_run(tmp_path, 16).folder), num_resampled=100)
    (row,) = analyse(config, new_console())["crossings"]
    assert len(row["pairs"]) == 3
    for pair in row["pairs"]:
        assert abs(pair["control"]["value"] - 0.5) < 4 * pair["control"]["error"]


@pytest.mark.slow
def test_a_planted_crossing_is_found_by_the_collapse(tmp_path):
    write_crossing_run(tmp_path, 16)
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
