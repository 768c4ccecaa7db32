"""A run that is mirrored later is the one that the logger makes during the run."""

import json
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from pruning_phases.cli.train import make_run
from pruning_phases.records.run import RunRecord
from pruning_phases.tracking.mirror import mirror
from tests.conftest import DENSITY, SNAPSHOTS
from tests.support.wandb_files import history
from tests.support.wandb_server import wandb_server

GRID = ["dropout_phase=grid", "dropout_phase.p_train=[0,0.5]", "dropout_phase.p_eval=[0,0.3]"]
TOPOLOGY = ["topology=rewired", f"topology.density={DENSITY}", SNAPSHOTS]
TOPOLOGY += ["topology.training.amount=30"]
KINDS = {
    "plain": [],
    "named": ["logger.project=a/b", "logger.group=a-group", "logger.run_name=a-name"],
    "of a sweep": ["sweep.name=a-sweep"],
    "own observable": ["observables=[mylab.observable:margin]"],
    "grid": GRID,
    "topology": TOPOLOGY,
    "without pruning": ["pruner=none"],
}
# Times, and random parts of names.
OF_THE_PROCESS = {"_runtime", "_timestamp", "start_time", "telemetry", "num"}
OF_THE_PROCESS |= {"grid.artifact_path", "grid._latest_artifact_path"}


def content(folder: Path) -> list[dict]:
    """Facts, axes and rows in the file of an offline run."""
    lines = [line for line in history(folder)[0] if line["type"] in ("run", "metric", "history")]
    return json.loads(json.dumps(lines), object_hook=_without_process)


def _without_process(node: dict) -> dict:
    return {key: value for key, value in node.items() if key not in OF_THE_PROCESS}


def rows_of(lines: list[dict]) -> list[dict]:
    return [line["history"]["item"] for line in lines if line["type"] == "history"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_mirrored_run_is_that_of_the_logger(configure, kind):
    config = configure("logger=wandb", *KINDS[kind])
    live = content(make_run(config, Console(quiet=True)).folder)
    shutil.rmtree(config.results_dir)
    config.logger.name = "none"
    record = make_run(config, Console(quiet=True))
    assert not (record.folder / "wandb").exists()
    assert mirror(record, None, None, "offline")
    mirrored = content(record.folder)
    assert len(rows_of(mirrored)) == record.observables()["step"].nunique()
    assert mirrored == live


@pytest.mark.slow
def test_a_mirrored_run_has_the_rows_of_all_chunks(configure):
    """The logger logs a step again for every chunk; its last rows are those of all replicas."""
    config = configure("logger=wandb", "trainer.chunk_size=1")
    record = make_run(config, Console(quiet=True))
    live = content(record.folder)
    assert mirror(record, None, None, "offline")
    mirrored = content(record.folder)
    assert mirrored[0] == live[0]
    assert len(rows_of(live)) == 10 and len(rows_of(mirrored)) == 5
    for row, last in zip(rows_of(mirrored), rows_of(live)[5:], strict=True):
        assert row == last | {"_step": row["_step"]}


def test_user_code_is_not_imported(configure, monkeypatch):
    record = make_run(configure(*KINDS["own observable"]), Console(quiet=True))
    monkeypatch.setattr("pruning_phases.observables.registry.resolve", None)
    assert mirror(record, None, None, "offline")
    assert "margin_error" in rows_of(content(record.folder))[0]


def offline_files(record: RunRecord) -> list[Path]:
    return sorted(record.folder.glob("wandb/offline-run-*"))


@pytest.mark.slow
def test_offline_a_second_mirror_takes_the_place_of_an_unsent_one(configure):
    record = make_run(configure("logger=wandb"), Console(quiet=True))
    before = content(record.folder)
    for _ in range(2):
        assert mirror(record, None, None, "offline")
        assert content(record.folder) == before  # of one file


def test_offline_a_run_that_was_sent_is_not_written_again(configure):
    record = make_run(configure(), Console(quiet=True))
    mirror(record, None, None, "offline")
    (folder,) = offline_files(record)
    (folder / f"run-{record.id}.wandb.synced").touch()
    assert mirror(record, None, None, "offline")
    assert offline_files(record) == [folder]


def test_online_every_step_is_logged_once(configure, monkeypatch):
    record = make_run(configure("logger.project=a/b"), Console(quiet=True))
    with wandb_server() as server:
        server.use_in(monkeypatch)
        (key,) = _steps(server, record)
        assert key[0].startswith("a-b-") and key[1] == record.id
        assert _steps(server, record) == {key: [0, 1, 2, 3, 4]}
        del server.rows[key][2:]  # as after a lost connection
        assert _steps(server, record) == {key: [0, 1, 2, 3, 4]}
        assert mirror(record, "another", None, "online")
        assert [row["_step"] for row in server.rows["another", record.id]] == [0, 1, 2, 3, 4]
    assert mirror(record, None, None, "offline") and not offline_files(record)


def _steps(server, record):
    """Mirror a run; return the steps that the server has, by project and run."""
    assert mirror(record, None, None, "online")
    return {key: [row["_step"] for row in rows] for key, rows in server.rows.items()}


def test_online_a_run_of_the_logger_is_not_logged_again(configure, monkeypatch):
    with wandb_server() as server:
        server.use_in(monkeypatch)
        record = make_run(configure("logger=wandb"), Console(quiet=True))
        before = {key: [*rows] for key, rows in server.rows.items()}
        assert [len(rows) for rows in before.values()] == [5]
        assert mirror(record, None, None, "online")
        assert server.rows == before


@pytest.mark.slow
def test_an_unsent_file_goes_when_its_run_is_online(configure, monkeypatch):
    record = make_run(configure("logger=wandb"), Console(quiet=True))
    with wandb_server() as server:
        server.use_in(monkeypatch)
        assert mirror(record, "another", None, "online") and offline_files(record)
        assert mirror(record, None, None, "online") and not offline_files(record)


def test_a_lost_server_leaves_nothing_that_looks_like_a_mirror(configure, monkeypatch):
    monkeypatch.setattr("pruning_phases.tracking.wandb.SECONDS_TO_CONNECT", 1)
    record = make_run(configure(), Console(quiet=True))
    with monkeypatch.context() as patch:
        patch.setenv("WANDB_BASE_URL", "http://127.0.0.1:9")
        patch.setenv("WANDB_API_KEY", "x" * 40)
        assert not mirror(record, None, None, "online")
    assert mirror(record, None, None, "offline")
    assert len(offline_files(record)) == 1
