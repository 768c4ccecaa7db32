"""status and table: what is done, running, failed, missing, damaged; all runs in one file."""

import json
import sys

import numpy as np
import pandas as pd
import pytest

from pruning_phases.analysis.common.results import save_figure
from pruning_phases.analysis.table.read import combine
from pruning_phases.cli.status import as_keys, duration
from pruning_phases.errors import UserError
from pruning_phases.records.run import RunRecord
from pruning_phases.records.sweep import SweepRecord, command_of
from pruning_phases.sweeps.status import states
from tests.analysis.collapse.test_collapse import run as command
from tests.support.written_records import PHYSICS, write_run

DENSITY = np.array([1.0, 0.1])


def run(results_dir, run_id, **about):
    return write_run(results_dir, run_id, DENSITY, {"accuracy": np.full((2, 2), 0.5)}, **about)


def begun(results_dir, run_id):
    record = RunRecord(results_dir, "written", run_id)
    record.begin(PHYSICS, {})
    return record


@pytest.fixture
def folder(tmp_path):
    """done, failed, interrupted, running and missing, all of one sweep."""
    run(tmp_path, "done")
    begun(tmp_path, "failed").fail("first line\nthe last line [red]of it[/red]\n")
    begun(tmp_path, "cut")
    names = ("done", "failed", "cut", "running", "never")
    entries = [
        {"study": "written", "run": name, "swept": f"pruner={name}", "overrides": []}
        for name in names
    ]
    SweepRecord(tmp_path, "five").write(["train", "-m"], entries)
    with begun(tmp_path, "running").lock() as lease:
        lease.progress(0.2)
        lease._write()
        yield tmp_path


def test_every_state_is_told_from_the_records(folder):
    runs, (sweep,) = states([folder / "written"], verify=False)
    by_name = {state.run: state for state in runs}
    assert {name: state.state for name, state in by_name.items()} == {
        "done": "done", "failed": "failed", "cut": "interrupted", "running": "running",
        "never": "missing",
    }  # fmt: skip
    assert by_name["failed"].error == "the last line [red]of it[/red]"
    assert by_name["running"].share == 0.2
    assert by_name["never"].what == "pruner=never"
    assert [state.run for state in sweep.runs] == ["done", "failed", "cut", "running", "never"]


def test_the_command_speaks_to_people_and_to_programs(folder):
    said = command("status", "written", cwd=folder)
    assert said.returncode == 0, said.stderr
    assert "5 runs: 1 done, 1 running, 1 interrupted, 1 failed, 1 missing" in said.stdout
    assert "20%" in said.stdout and "[red]of it[/red]" in said.stdout
    read = json.loads(command("status", "runs=written", "format=json", cwd=folder).stdout)
    assert {entry["run"]: entry["state"] for entry in read["runs"]}["cut"] == "interrupted"
    assert read["sweeps"][0]["name"] == "five" and len(read["sweeps"][0]["runs"]) == 5
    for words, line in (
        (["nowhere"], "runs=nowhere: there is no such folder"),
        ([], "runs has no value"),
        (["written", "verfy=true"], "verfy: no such key; did you mean verify"),
    ):
        bad = command("status", *words, cwd=folder)
        assert bad.returncode == 2 and line in bad.stderr, bad.stderr
        assert len(bad.stderr.strip().splitlines()) == 1


def test_a_sweep_of_which_nothing_has_begun_is_all_missing(tmp_path):
    entries = [{"study": "later", "run": "a", "asked": "a", "swept": "seed=0", "overrides": []}]
    SweepRecord(tmp_path, "new").write(["train", "-m"], entries)
    said = command("status", ".", cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    assert "1 run: 1 missing" in said.stdout
    (tmp_path / "later").mkdir()
    assert "1 run: 1 missing" in command("status", "later", cwd=tmp_path).stdout
    (tmp_path / "other").mkdir()
    assert "no run in there" in command("status", "other", cwd=tmp_path).stderr


def test_a_run_that_its_sweep_named_before_its_id_was_known_is_told_by_what_was_asked(tmp_path):
    record = RunRecord(tmp_path, "written", "made")
    record.begin(PHYSICS | {"topology": {}}, {"sweep": {"run": "asked-for"}})
    entries = [
        {"study": "written", "run": None, "asked": asked, "swept": asked, "overrides": []}
        for asked in ("asked-for", "another")
    ]
    SweepRecord(tmp_path, "two").write(["train", "-m"], entries)
    runs, (sweep,) = states([tmp_path], verify=False)
    assert [(run.state, run.what) for run in sweep.runs] == [
        ("interrupted", "asked-for"), ("missing", "another"),
    ]  # fmt: skip
    assert len(runs) == 2


def test_a_job_of_a_sweep_knows_what_was_typed(tmp_path):
    SweepRecord(tmp_path, "one").write(["typed", "-m"], [])
    assert command_of(str(tmp_path), "one") == ["typed", "-m"]
    assert command_of(str(tmp_path), "gone") == command_of(str(tmp_path), None) == sys.argv


def test_verify_finds_what_was_changed_or_lost(tmp_path):
    records = [run(tmp_path, name) for name in ("whole", "changed", "lost", "corrupt")]
    content = records[1].layers_file.read_bytes()
    records[1].layers_file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    records[2].observables_file.unlink()
    (records[3].folder / "run.json").write_text("{")
    runs, _ = states([tmp_path], verify=True)
    errors = {state.run: state.error for state in runs}
    assert errors.pop("whole") is None
    assert errors["changed"] == "layers.parquet was changed"
    assert errors["lost"] == "observables.parquet: No such file or directory"
    assert "run.json is unreadable" in errors["corrupt"]
    said = command("status", "written", "--verify", cwd=tmp_path)
    assert said.returncode == 1 and "3 of 4 runs are damaged" in said.stderr


def test_words_and_times():
    assert as_keys(["multirun/fig1", "--verify"]) == ["verify=true", "runs=multirun/fig1"]
    assert as_keys(["a", "b", "--help"]) == ["--help", "runs=[a,b]"]
    assert [duration(seconds) for seconds in (None, 7.4, 61, 3600 * 30)] == [
        "", "7 s", "1 min 1 s", "30 h 0 min",
    ]  # fmt: skip


def test_one_table_of_all_runs(tmp_path):
    first = run(tmp_path, "first", seed=1)
    second = run(tmp_path, "second", seed=2, width=20)
    table = second.observables().assign(train_accuracy=0.25)
    second.write_tables(table, second.layers())
    path = tmp_path / "all.parquet"
    assert combine([first, second], None, path) == 8
    whole = pd.read_parquet(path)
    assert list(whole.columns[:5]) == ["study", "run", "model", "dataset", "pruner"]
    assert whole["model.widths"].unique().tolist() == ["[100, 100]", "[20, 20]"]
    assert whole.groupby("run")["seed"].first().to_dict() == {"first": 1, "second": 2}
    assert whole[whole["run"] == "first"]["train_accuracy"].isna().all()
    assert (whole[whole["run"] == "second"]["train_accuracy"] == 0.25).all()
    combine([first, second], ["density"], path)
    few = pd.read_parquet(path)
    assert list(few.columns) == [
        "study", "run", "model", "dataset", "pruner", "model.widths", "seed", "density",
    ]  # fmt: skip
    with pytest.raises(UserError, match="columns: no run has acuracy; there are step, density"):
        combine([first], ["acuracy"], path)
    first.observables_file.write_bytes(b"PAR1")
    with pytest.raises(UserError, match="unreadable"):
        combine([first, second], None, path)


def test_the_table_is_written_beside_the_runs(tmp_path):
    run(tmp_path, "only")
    said = command("table", "runs=written", "columns=accuracy,density", cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    (path,) = tmp_path.rglob("runs.parquet")
    assert str(path.name) in said.stdout and len(pd.read_parquet(path)) == 4


def test_a_figure_says_by_what_it_was_drawn(tmp_path):
    from matplotlib.figure import Figure
    from PIL import Image

    path = save_figure(Figure(), tmp_path / "empty")
    with Image.open(path) as image:
        about = json.loads(image.info["Comment"])
    assert {"command", "git", "versions", "host", "drawn"} <= set(about)
    assert b"/Subject" in path.with_suffix(".pdf").read_bytes()
