"""W&B shows the content of the record, and its failures never stop a run."""

import json
import socket

import pytest
from rich.console import Console

from pruning_phases.cli.train import make_run
from pruning_phases.records.run import DONE, RunRecord
from pruning_phases.tracking import wandb as wandb_runs
from pruning_phases.tracking.run_log import RunLog
from tests.conftest import TINY
from tests.support.commands import train
from tests.support.runs import Killed, interrupted
from tests.support.wandb_files import history

GRID = [
    "dropout_phase=grid", "dropout_phase.p_train=[0,0.5,0.8]", "dropout_phase.p_eval=[0,0.3]",
    "dataset.train_sizes=[50,200]", "training.budget.rule=updates", "training.budget.amount=20",
    "pruner=none",
]  # fmt: skip


def test_without_a_key_the_run_is_offline_and_logged_over_density(configure):
    own = "observables=[mylab.observable:margin]"
    config = configure("logger=wandb", "logger.group=a-sweep", own)
    record = make_run(config, Console(quiet=True))
    lines, metrics = history(record.folder)
    run = next(line["run"] for line in lines if line["type"] == "run")
    assert run["run_id"] == record.id
    assert run["run_group"] == "a-sweep"
    assert not run.get("resume")  # else `wandb sync` appends it to what the server has
    axes = {metric.get("name"): metric.get("step_metric") for metric in metrics}
    assert axes["accuracy"] == axes["accuracy_error"] == "density"
    assert axes["margin"] == axes["margin_error"] == "density"
    rows = [line for line in lines if line["type"] == "history"]
    assert len(rows) == 5
    assert "prediction_entropy_error" in json.dumps(rows[-1])
    assert "margin_error" in json.dumps(rows[-1])


def test_an_ensemble_over_rates_and_sizes_is_logged_as_a_table(configure, caplog):
    record = make_run(configure(*GRID, "logger=wandb"), Console(quiet=True))
    assert "goes on without it" not in caplog.text
    (file,) = record.folder.glob("wandb/offline-run-*/files/media/table/grid*.table.json")
    table = json.loads(file.read_text())
    assert table["columns"][:3] == ["p_train", "p_eval", "train_size"]
    assert "loss" in table["columns"] and "loss_error" in table["columns"]
    assert len(table["data"]) == 3 * 2 * 2


def test_wandb_changes_no_number(configure):
    with_it = make_run(configure("logger=wandb", "study=with"), Console(quiet=True))
    without = make_run(configure("study=without"), Console(quiet=True))
    assert with_it.id == without.id
    assert with_it.observables_file.read_bytes() == without.observables_file.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("server", ["refuses", "is silent"])
def test_a_server_without_an_answer_does_not_stop_the_run(configure, monkeypatch, caplog, server):
    monkeypatch.setenv("WANDB_API_KEY", "x" * 40)
    monkeypatch.setattr(wandb_runs, "SECONDS_TO_CONNECT", 2)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        if server == "is silent":
            listener.listen()
        monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{listener.getsockname()[1]}")
        record = make_run(configure("logger=wandb"), Console(quiet=True))
    assert record.state == DONE
    assert "W&B, online" in caplog.text
    assert list(record.folder.glob("wandb/offline-run-*"))
    assert not list(record.folder.glob("wandb/run-*"))  # of the failed attempt


@pytest.mark.parametrize("mode", ["auto", "online"])
def test_without_a_key_for_the_server_in_use_there_is_no_prompt(
    configure, monkeypatch, tmp_path, mode
):
    """A key for another server is none; W&B would prompt for it on a terminal."""
    (tmp_path / "netrc").write_text(f"machine api.wandb.ai login user password {'x' * 40}\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    monkeypatch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
    monkeypatch.setattr("builtins.input", None)
    record = make_run(configure("logger=wandb", f"logger.mode={mode}"), Console(quiet=True))
    assert record.state == DONE
    assert list(record.folder.glob("wandb/offline-run-*"))


def test_an_error_of_wandb_during_the_run_does_not_stop_it(configure, monkeypatch, caplog):
    calls = []

    def broken(self, table):
        calls.append(table["step"].iloc[0])
        raise ConnectionError("lost")

    monkeypatch.setattr(RunLog, "log_step", broken)
    record = make_run(configure("logger=wandb"), Console(quiet=True))
    assert record.state == DONE
    assert calls == [0]
    assert "the run goes on without it" in caplog.text


def test_an_open_run_is_closed_when_the_run_fails(configure):
    import wandb

    from pruning_phases.errors import RunError

    with pytest.raises(RunError):
        make_run(
            configure("logger=wandb", "optimizer=sgd", "optimizer.lr=1e30"), Console(quiet=True)
        )
    assert wandb.run is None


def test_an_interrupted_run_is_one_run_with_its_whole_history(configure, monkeypatch):
    config = configure("logger=wandb", "checkpoint_seconds=0")
    record = interrupted(config, monkeypatch, last_round=6)
    make_run(config, Console(quiet=True))
    lines, _ = history(record.folder)  # of one folder
    rows = [line for line in lines if line["type"] == "history"]
    assert len(rows) == 5


def test_a_kill_before_the_end_of_the_record_loses_no_history(configure, monkeypatch):
    config = configure("logger=wandb")
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(RunRecord, "finish", _killed)
        make_run(config, Console(quiet=True))
    record = make_run(config, Console(quiet=True))
    lines, _ = history(record.folder)
    assert record.state == DONE
    assert len([line for line in lines if line["type"] == "history"]) == 5


def _killed(self):
    raise Killed


@pytest.mark.slow
def test_a_sweep_is_logged_as_a_run_with_a_table_of_its_runs_and_a_figure(tmp_path):
    words = ["-m", *TINY, "logger=wandb", "figures=[]", "seed=0,1", "optimizer.lr=0.01,1e30"]
    result = train(*words, f"results_dir={tmp_path / 'here'}", cwd=tmp_path)
    assert "sweep: 2 of 4 runs done" in result.stdout
    (folder,) = (path.parent for path in tmp_path.glob("here/.sweeps/*/sweep.json"))
    lines, _ = history(folder)
    run = next(line["run"] for line in lines if line["type"] == "run")
    assert run["run_id"] == f"sweep-{folder.name}"
    assert run["run_group"] == folder.name and folder.name in run["tags"]
    assert run["job_type"] == "overview"
    (file,) = folder.glob("wandb/offline-run-*/files/media/table/runs_*.table.json")
    content = json.loads(file.read_text())
    rows = [dict(zip(content["columns"], row, strict=True)) for row in content["data"]]
    assert [row["state"] for row in rows] == ["done", "failed", "done", "failed"]
    assert rows[0]["what"] == "fc digits magnitude seed=0 optimizer.lr=0.01"
    assert "lower optimizer.lr" in rows[1]["error"]
    for row in (rows[0], rows[2]):
        last = RunRecord(tmp_path / "here", row["study"], row["run"]).observables()
        last = last[last["step"] == last["step"].max()]
        assert row["accuracy"] == pytest.approx(last["accuracy"].mean())
        assert row["accuracy_error"] == pytest.approx(last["accuracy"].sem())
    assert list(folder.glob("wandb/offline-run-*/files/media/images/overview_*.png"))
    assert (tmp_path / "here" / rows[0]["study"] / "overview.png").stat().st_size > 5000
    summary = {}
    for line in lines:
        summary |= line["summary"]["update"] if line["type"] == "summary" else {}
    assert summary["runs._type"] == "table-file" and "runs" not in summary
    assert (summary["num_runs"], summary["num_done"]) == (4, 2)
    failed, _ = history(tmp_path / "here" / rows[1]["study"] / rows[1]["run"])
    assert [line["exit"]["exit_code"] for line in failed if line["type"] == "exit"] == [1]
