"""The command ``wandb_sync`` mirrors what is done, names what is not, and never waits."""

import json

import numpy as np
import pytest

from pruning_phases.cli import wandb_sync
from pruning_phases.config.groups import LoggerConfig
from pruning_phases.records.run import RunRecord
from tests.support.commands import command
from tests.support.wandb_files import history, offline_run
from tests.support.wandb_server import wandb_server
from tests.support.written_records import write_run

DENSITY = np.array([1.0, 0.1])
MACHINE = {"study": "written", "sweep": {"name": None}, "logger": vars(LoggerConfig())}


@pytest.fixture
def write(tmp_path):
    """write("a"): a finished run that was made with logger=none."""

    def written(run_id: str, **changes) -> RunRecord:
        columns = {"accuracy": np.array([[0.9, 0.5], [0.9, 0.6]])}
        record = write_run(tmp_path / "runs", run_id, DENSITY, columns, seed=len(run_id))
        info = json.loads(record.info_file.read_text()) | {"machine": MACHINE} | changes
        record.info_file.write_text(json.dumps(info))
        return record

    return written


@pytest.fixture
def sync(tmp_path):
    """sync(mode="offline"): exit code, lines of the output, and the error."""

    def called(*words, **environment):
        result = command("wandb_sync", "runs=runs", *words, cwd=tmp_path, **environment)
        return result.returncode, result.stdout.splitlines(), result.stderr.strip()

    return called


@pytest.mark.slow
def test_every_finished_run_is_mirrored_once(write, sync, tmp_path):
    records = [write("a"), write("bb")]
    study = tmp_path / "runs" / "written"
    for _ in range(2):
        code, lines, error = sync()
        assert (code, error) == (0, "")
        assert lines == [
            "2 of 2 runs mirrored",
            f"to send them: wandb sync {study}/*/wandb/offline-run-*",
        ]
        for record in records:
            run = offline_run(record.folder)
            assert (run["run_id"], run["project"]) == (record.id, "written")
            assert run["display_name"] == f"fc mnist magnitude {record.id}"
            rows = [line["history"]["item"] for line in history(record.folder)[0]
                    if line["type"] == "history"]  # fmt: skip
            assert [(row["density"], row["accuracy"]) for row in rows] == [(1, 0.9), (0.1, 0.55)]


def test_project_and_entity_are_chosen(write, sync):
    record = write("a")
    assert sync("project=my/own", "entity=team")[0] == 0
    run = offline_run(record.folder)
    assert run["project"].startswith("my-own-") and run["entity"] == "team"


def test_runs_that_are_not_done_are_named_and_skipped(write, sync):
    write("a")
    running, failed = write("b", state="running"), write("c", state="failed")
    code, lines, error = sync("mode=offline")
    assert (code, error) == (0, "")
    assert lines[:2] == [
        f"skipped: {running.folder} is not done (running); its command resumes it",
        f"skipped: {failed.folder} is not done (failed); its command resumes it",
    ]
    assert lines[2] == "1 of 3 runs mirrored"
    assert not (running.folder / "wandb").exists()


def test_damaged_records_take_a_line_each_and_stop_no_other(write, sync):
    records = {name: write(name) for name in "abcdef"}
    records["a"].info_file.write_text("{")
    records["b"].observables_file.write_bytes(b"PAR1")
    records["c"].observables_file.unlink()
    info = json.loads(records["d"].info_file.read_text())
    records["d"].info_file.write_text(json.dumps(info | {"machine": {}}))
    records["e"].info_file.write_text(json.dumps(info | {"id": "e", "network": None}))
    code, lines, error = sync()
    assert code == 1
    for name, line in zip("abcde", lines, strict=False):
        assert line.startswith(f"failed: {records[name].folder}"), line
    assert "is unreadable" in lines[0] and "is missing" in lines[2]
    assert "KeyError: 'logger'" in lines[3] and "UserError" not in "".join(lines)
    assert lines[5] == "1 of 6 runs mirrored"
    assert error.endswith("5 of 6 runs are not mirrored: the same command tries again")
    assert offline_run(records["f"].folder)["run_id"] == "f"


def test_a_run_that_another_process_mirrors_is_left_to_it(write, sync):
    record = write("a")
    with record.lock():
        code, lines, _ = sync()
    assert code == 1 and "is being written by another process" in lines[0]


@pytest.mark.parametrize(
    "words, environment, line",
    [
        (["runs=nowhere"], {}, "runs=nowhere: there is no such folder"),
        (["runs=."], {}, "runs=.: there is no run.json; a run's folder holds one"),
        (["runs=null"], {}, "runs has no value: give runs=FOLDER, such as runs=multirun/fig1"),
        (["mode=on"], {}, "mode: invalid value 'on', expected one of [auto, online, offline]"),
        (["mode=online"], {}, "no API key for api.wandb.ai: store one with `wandb login`"),
        ([], {"WANDB_MODE": "disabled"}, "WANDB_MODE=disabled: give mode=online or mode=offline"),
    ],
)
def test_a_bad_command_is_reported_in_one_line(tmp_path, sync, words, environment, line):
    (tmp_path / "runs").mkdir()
    code, _, error = sync(*words, **environment)
    assert code == 2 and len(error.splitlines()) == 1
    assert error.startswith(f"pruning_phases.wandb_sync: error: {line}")


def test_without_a_finished_run_the_states_are_named(write, sync):
    write("a", state="running")
    code, lines, error = sync()
    assert code == 2 and lines[-1] == "0 of 1 runs mirrored"
    assert "none of the 1 runs is done (running)" in error


def test_a_server_takes_every_run_once(write, sync):
    write("a"), write("bb")
    with wandb_server() as server:
        for _ in range(2):
            assert sync(**server.environment) == (0, ["2 of 2 runs mirrored"], "")
        assert {key: len(rows) for key, rows in server.rows.items()} == {
            ("written", "a"): 2, ("written", "bb"): 2
        }  # fmt: skip


@pytest.mark.slow
def test_a_dead_server_is_given_up_after_a_few_runs(write, sync, monkeypatch):
    monkeypatch.setattr("pruning_phases.tracking.wandb.SECONDS_TO_CONNECT", 1)
    monkeypatch.setattr(wandb_sync, "MAX_REFUSED", 2)
    records = [write(name) for name in "abc"]
    environment = {"WANDB_BASE_URL": "http://127.0.0.1:9", "WANDB_API_KEY": "x" * 40}
    code, lines, error = sync(**environment)
    refused = [line for line in lines if line.startswith("refused: ")]
    assert code == 1 and len(refused) == 2 and lines[-1] == "0 of 3 runs mirrored"
    assert "mode=offline" in lines[-2] and "3 of 3 runs are not mirrored" in error
    assert not any([*record.folder.glob("wandb/*run-2*")] for record in records)
