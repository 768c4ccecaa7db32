"""States of runs and sweeps: done, running, interrupted, failed, missing, damaged."""

import json
import sys

import numpy as np
import pytest

from pruning_phases.cli.status import as_keys
from pruning_phases.console import duration
from pruning_phases.records.run import RunRecord
from pruning_phases.records.states import states
from pruning_phases.records.sweep import SweepRecord, command_of
from tests.support.commands import command
from tests.support.written_records import PHYSICS, write_run

DENSITY = np.array([1.0, 0.1])


def run(results_dir, run_id, **more):
    return write_run(results_dir, run_id, DENSITY, {"accuracy": np.full((2, 2), 0.5)}, **more)


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


def test_every_state_follows_from_the_records(folder):
    runs, (sweep,) = states([folder / "written"], verify=False)
    by_name = {state.run: state for state in runs}
    assert {name: state.state for name, state in by_name.items()} == {
        "done": "done", "failed": "failed", "cut": "interrupted", "running": "running",
        "never": "missing",
    }  # fmt: skip
    assert by_name["failed"].error == "the last line [red]of it[/red]"
    assert by_name["running"].fraction_done == 0.2
    assert by_name["never"].what == "pruner=never"
    assert [state.run for state in sweep.runs] == ["done", "failed", "cut", "running", "never"]


def test_the_command_prints_a_table(folder):
    result = command("status", "written", cwd=folder)
    assert result.returncode == 0, result.stderr
    assert "5 runs: 1 done, 1 running, 1 interrupted, 1 failed, 1 missing" in result.stdout
    assert "20%" in result.stdout and "[red]of it[/red]" in result.stdout


def test_watch_shows_the_states_until_every_run_has_ended(tmp_path, monkeypatch):
    run(tmp_path, "done")
    left = [begun(tmp_path, name) for name in ("first", "second")]
    looks = []

    def fail_the_next(seconds):
        looks.append(seconds)
        left.pop().fail("no reason")

    monkeypatch.setattr("pruning_phases.cli.status.time.sleep", fail_the_next)
    result = command("status", "written", "watch=true", "interval=7", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert looks == [7, 7] and "3 runs: 1 done, 2 failed" in result.stdout


def test_the_command_prints_json(folder):
    content = json.loads(command("status", "runs=written", "format=json", cwd=folder).stdout)
    assert {entry["run"]: entry["state"] for entry in content["runs"]}["cut"] == "interrupted"
    assert content["sweeps"][0]["name"] == "five" and len(content["sweeps"][0]["runs"]) == 5


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["nowhere"], "runs=nowhere: there is no such folder"),
        ([], "runs has no value"),
        (["written", "verfy=true"], "verfy: no such key; did you mean verify"),
        (["written", "watch=true", "format=json"], "watch=true shows states alone"),
    ],
)
def test_a_mistake_is_reported_in_one_line(folder, words, line):
    result = command("status", *words, cwd=folder)
    assert result.returncode == 2 and line in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_runs_are_named_by_the_options_in_which_they_differ_from_others_of_their_study(tmp_path):
    for number in (1, 2):
        run(tmp_path, f"seed{number}", seed=number)
    other = RunRecord(tmp_path, "other", "wide")
    other.begin(PHYSICS | {"clip": 0.5}, {})
    runs, _ = states([tmp_path], verify=False)
    assert {state.run: state.what for state in runs} == {
        "seed1": "fc mnist magnitude seed=1", "seed2": "fc mnist magnitude seed=2",
        "wide": "fc mnist magnitude",
    }  # fmt: skip


@pytest.mark.parametrize("name", [".", "later"])
def test_a_sweep_of_which_nothing_has_begun_is_all_missing(tmp_path, name):
    entries = [{"study": "later", "run": "a", "asked": "a", "swept": "seed=0", "overrides": []}]
    SweepRecord(tmp_path, "new").write(["train", "-m"], entries)
    for study in ("later", "other"):
        (tmp_path / study).mkdir()
    result = command("status", name, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "1 run: 1 missing" in result.stdout
    assert "there is no run" in command("status", "other", cwd=tmp_path).stderr


def test_a_run_whose_id_its_sweep_did_not_know_is_found_by_the_id_that_was_asked_for(tmp_path):
    record = RunRecord(tmp_path, "written", "made")
    record.begin(PHYSICS | {"topology": {}}, {"sweep": {"run": "asked-for"}})
    entries = [
        {"study": "written", "run": None, "asked": asked, "swept": asked, "overrides": []}
        for asked in ("asked-for", "another")
    ]
    SweepRecord(tmp_path, "two").write(["train", "-m"], entries)
    runs, (sweep,) = states([tmp_path], verify=False)
    assert [(run.run, run.state, run.what) for run in sweep.runs] == [
        ("made", "interrupted", "fc mnist magnitude"), ("two:1", "missing", "another"),
    ]  # fmt: skip
    assert len(runs) == 2


def test_a_job_of_a_sweep_records_the_command_of_the_sweep(tmp_path):
    SweepRecord(tmp_path, "one").write(["typed", "-m"], [])
    assert command_of(str(tmp_path), "one") == ["typed", "-m"]
    assert command_of(str(tmp_path), "gone") == command_of(str(tmp_path), None) == sys.argv


def test_verify_finds_changed_lost_and_unreadable_files(tmp_path):
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
    result = command("status", "written", "--verify", cwd=tmp_path)
    assert result.returncode == 1 and "3 of 4 runs are damaged" in result.stderr


def test_folders_are_the_value_of_runs():
    assert as_keys(["multirun/fig1", "--verify"]) == ["verify=true", "runs=multirun/fig1"]
    assert as_keys(["a", "b", "--help"]) == ["--help", "runs=['a','b']"]


def test_durations_are_rounded():
    assert [duration(seconds) for seconds in (None, 7.4, 61, 3600 * 30)] == [
        "", "7 s", "1 min 1 s", "30 h 0 min",
    ]  # fmt: skip
