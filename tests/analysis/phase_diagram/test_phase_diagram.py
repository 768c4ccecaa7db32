"""The phase diagram of written records: results, figures, refused options."""

import json

import numpy as np
import pytest

from pruning_phases.analysis.common.losses import Losses
from pruning_phases.analysis.phase_diagram import PhaseDiagramConfig, adapt
from pruning_phases.analysis.phase_diagram.fit import PHASES, UNDECIDED
from pruning_phases.analysis.registry import analyse
from pruning_phases.config.keys import refuse_out_of_bounds
from pruning_phases.console import new_console
from pruning_phases.errors import UserError
from tests.analysis.phase_diagram.test_fit import LEARNING, SIZES, planted
from tests.support.commands import command
from tests.support.written_records import write_grid_run


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
    result = command("phase_diagram", f"runs={grid.folder}", "control=density", cwd=grid.folder)
    assert result.returncode == 2
    assert len(result.stderr.strip().splitlines()) == 1, result.stderr
    assert "control=density needs one p_eval, and there are 3" in result.stderr


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
    result = command("collapse", *words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    content = json.loads((tmp_path / "written" / "crossing" / "collapse.json").read_text())
    for name, truth in (("critical_point", 0.5), ("nu", 2.0)):
        found = content["power_law"][name]
        assert abs(found["value"] - truth) < 3 * found["error"] < 0.6
    assert content["source"]["control"] == "p_eval" and content["source"]["sizes"][0] == 128
    for pair in content["crossings"]["ln of the test loss"]["pairs"]:
        assert abs(pair["control"]["value"] - 0.5) < 4 * pair["control"]["error"]
    other = command("collapse", *words, "p_train=0.3", cwd=tmp_path)
    assert other.returncode == 2 and "p_train=0.3: choose one of 0" in other.stderr
