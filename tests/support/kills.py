"""Runs killed by SIGKILL at random moments and resumed, sometimes with a second writer.

The files at the end must equal those of an undisturbed run.

    python -m tests.support.kills 100
"""

import multiprocessing
import signal
import sys
import tempfile
import time
from itertools import pairwise
from multiprocessing.process import BaseProcess
from pathlib import Path

import numpy as np
from hydra import compose, initialize_config_dir
from rich.console import Console

from pruning_phases.config.checks import check
from pruning_phases.config.conf_folder import conf_dir
from pruning_phases.config.register import register
from pruning_phases.config.run import Config
from pruning_phases.errors import Busy
from pruning_phases.records.run import DONE, find_records
from pruning_phases.records.segments import differences
from tests.conftest import TINY

EVERY_ROUND = ["checkpoint_seconds=0", "trainer.num_threads=1"]
KINDS = {
    "pruning": ["pruner.finetune.amount=60", "pruner.steps=10"],
    "plateau": ["training.budget.amount=8", "pruner.finetune.rule=plateau"],
    "dropout grid": [
        "dropout_phase=grid", "dropout_phase.p_train=[0,0.5]", "dropout_phase.p_eval=[0,0.3]",
        "dataset.train_sizes=[50,200]", "training.budget.rule=updates",
        "training.budget.amount=200", "pruner=none", "trainer.chunk_size=3",
    ],
    "refined grid": [
        "dropout_phase=grid", "dropout_phase.p_train=[0,0.97]", "dropout_phase.p_eval=[0,0.3]",
        "dropout_phase.refine=2", "dataset.train_sizes=[50,200]", "training.budget.growth=0.5",
        "training.budget.amount=12", "pruner=none", "trainer.chunk_size=3",
    ],
    "topology": ["topology=rewired", "topology.density=0.2", "topology.training.amount=200"],
    "capacity": [
        "dataset=gaussian", "dataset.num_train=900", "dataset.train_sizes=[20,80,320]",
        "dataset.label_noise=0.5", "training.measure_on_train_set=true",
        "training.budget.rule=updates",
        "training.budget.amount=150", "pruner=imp", "pruner.rewind_update=5",
    ],
}  # fmt: skip


def configuration(kind: str, folder: Path) -> Config:
    register()
    with initialize_config_dir(conf_dir(), version_base=None):
        words = [*TINY, *EVERY_ROUND, *KINDS[kind], f"results_dir={folder}"]
        return check(compose("train", words))


def make(config: Config) -> None:
    import torch

    from pruning_phases.cli.train import make_run

    torch.set_num_threads(1)
    try:
        make_run(config, Console(quiet=True))
    except Busy:
        sys.exit(0)


def files(folder: Path) -> dict[str, bytes]:
    """Read the files of all runs in a folder that must not differ by a byte."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.suffix in (".parquet", ".safetensors")
    }


def all_done(folder: Path, count: int) -> bool:
    return [record.state for record in find_records(folder)] == [DONE] * count


class Killer:
    """Makes runs in a folder, kills them, and counts kills, second writers and resumptions."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.folder = folder
        self.random = np.random.default_rng(seed)
        self.kills = self.resumed = self.second_writers = 0
        self._context = multiprocessing.get_context("forkserver")
        self._context.set_forkserver_preload(["pruning_phases.training.run"])

    def make_and_kill(self, kind: str, max_kills: int) -> None:
        """Make one run, and kill it up to ``max_kills`` times on its way to the end."""
        undisturbed = self.folder / f"{kind} undisturbed"
        if not undisturbed.exists():
            began = time.monotonic()
            self._start(configuration(kind, undisturbed)).join()
            (undisturbed / "seconds").write_text(str(time.monotonic() - began))
        expected, count = files(undisturbed), len(find_records(undisturbed))
        assert expected and not any("checkpoint" in name for name in expected), sorted(expected)
        seconds = float((undisturbed / "seconds").read_text())
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        config = configuration(kind, folder)
        kills = 0
        while not all_done(folder, count):
            writers = [self._start(config) for _ in range(1 + (kills + self.kills) % 2)]
            self.second_writers += len(writers) - 1
            if kills < max_kills:
                writers[0].join(self.random.uniform(0.0, 0.6 * seconds))
                for writer in writers:
                    writer.kill()  # does nothing to one that has ended
            for writer in writers:
                writer.join()
                assert writer.exitcode in (0, -signal.SIGKILL), (kind, writer.exitcode)
                kills += writer.exitcode == -signal.SIGKILL
        assert files(folder) == expected, f"{kind}: {folder} differs from {undisturbed}"
        for record in find_records(folder):
            segments = record.info()["segments"]
            joints = [(one["to"], after["from"]) for one, after in pairwise(segments)]
            assert all(to == start for to, start in joints), joints
            assert segments[-1]["to"]["step"] == record.observables()["step"].max(), segments
            assert differences(segments) == {}
        self.kills += kills
        self.resumed += sum(len(record.info()["segments"]) - 1 for record in find_records(folder))

    def _start(self, config: Config) -> BaseProcess:
        process = self._context.Process(target=make, args=(config,))
        process.start()
        return process


def main(kills: int) -> None:
    seed = int(np.random.SeedSequence().entropy) % 2**32  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as folder:
        killer = Killer(Path(folder), seed)
        runs = 0
        while killer.kills < kills:
            for kind in KINDS:
                killer.make_and_kill(kind, max_kills=5)
                runs += 1
            print(f"{killer.kills} kills, {runs} runs, all with equal bytes", flush=True)
    print(
        f"{killer.kills} kills (seed {seed}) over {runs} runs of {len(KINDS)} kinds, "
        f"{killer.second_writers} second writers, {killer.resumed} resumptions: all ended with "
        "equal bytes"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
