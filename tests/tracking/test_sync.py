"""``wandb sync`` of an interrupted offline run sends every step of its record exactly once."""

import subprocess
import sys
import time
from pathlib import Path

import pytest

from pruning_phases.records.run import RunRecord, find_records
from pruning_phases.tracking.mirror import mirror
from tests.conftest import TINY
from tests.support.commands import environment, started_train, train_process
from tests.support.runs import interrupted, make
from tests.support.wandb_server import WandbServer, wandb_server

WORDS = [*TINY, "logger=wandb", "checkpoint_seconds=0", "pruner.finetune.amount=400"]


def sync(folder: Path, server: WandbServer) -> None:
    """Send the offline runs below a folder, as docs/wandb.md tells."""
    files = sorted(folder.glob("**/wandb/offline-run-*"))
    assert files
    subprocess.run(
        [sys.executable, "-m", "wandb", "sync", *files], cwd=folder, check=True, timeout=120,
        capture_output=True, env=environment(**server.environment),
    )  # fmt: skip


def expected(record: RunRecord) -> list[tuple[int, float]]:
    """Step and mean accuracy of the rows that the record stands for."""
    means = record.observables().groupby("step")["accuracy"].mean()
    return [(int(step), float(mean)) for step, mean in means.items()]


def sent(server: WandbServer) -> list[tuple[int, float]]:
    """Step and accuracy of the rows of the only run that the server has."""
    (rows,) = server.rows.values()
    assert [row["_step"] for row in rows] == list(range(len(rows)))
    return [(row["step"], pytest.approx(row["accuracy"])) for row in rows]


@pytest.mark.slow
def test_a_run_that_was_killed_and_resumed_is_sent_whole(tmp_path):
    for step in (2, 4):
        process = started_train(*WORDS, cwd=tmp_path)
        while _step(tmp_path) < step:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        process.communicate(timeout=60)
    assert train_process(*WORDS, cwd=tmp_path).returncode == 0
    (record,) = find_records(tmp_path / "multirun")
    assert len(record.info()["segments"]) == 3 and len(expected(record)) == 5
    with wandb_server() as server:
        sync(tmp_path, server)
        assert sent(server) == expected(record)


def _step(folder: Path) -> int:
    """The step that an unfinished run has reached, -1 before its first checkpoint."""
    found = [record.position() for record in find_records(folder / "multirun")]
    return found[0]["step"] if found and found[0] else -1


@pytest.mark.slow
def test_what_was_sent_before_the_run_was_resumed_is_not_there_twice(configure, monkeypatch):
    config = configure("logger=wandb", "checkpoint_seconds=0")
    with wandb_server() as server:
        record = interrupted(config, monkeypatch, last_round=6)
        sync(record.folder, server)
        assert 0 < len(sent(server)) < 5
        make(config)
        sync(record.folder, server)
        assert sent(server) == expected(record)


@pytest.mark.slow
def test_a_run_that_began_online_and_ended_offline_is_sent_whole(configure, monkeypatch):
    config = configure("logger=wandb", "checkpoint_seconds=0")
    with wandb_server() as server:
        with monkeypatch.context() as patch:
            server.use_in(patch)
            record = interrupted(config, patch, last_round=6)
        assert 0 < len(sent(server)) < 5
        make(config)
        sync(record.folder, server)
        assert sent(server) == expected(record)


@pytest.mark.slow
def test_the_copy_of_a_finished_run_adds_nothing_to_what_was_synced(configure, monkeypatch):
    config = configure("logger=wandb", "checkpoint_seconds=0")
    record = interrupted(config, monkeypatch, last_round=6)
    make(config)
    with wandb_server() as server:
        sync(record.folder, server)
        server.use_in(monkeypatch)
        assert mirror(record, None, None, "online")
        assert sent(server) == expected(record)
