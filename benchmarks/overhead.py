"""Time of a run outside its updates.

For one run: from the start of its process to the first update and from the last update to the end,
against a process that only imports Lightning. For a sweep in one process: between two runs, against
one process per run.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.pairs import Comparison, compare, in_turn
from benchmarks.setup import data_dir

FILE = "PRUNING_PHASES_UPDATES"  # environment variable: file to which a child writes its times
RUNS, ROUNDS = 10, 3
# Python runs this at its start. It records the times of updates once the training is imported.
RECORDS_UPDATES = f"""
import builtins, json, os, sys, time

original = builtins.__import__

def importing(*arguments, **more):
    module = original(*arguments, **more)
    training = sys.modules.get("pruning_phases.training.run")
    if training is not None and hasattr(training, "build_module"):
        builtins.__import__ = original
        record(training.EnsembleModule)
    return module

def record(kind):
    step = kind.training_step
    def recorded(self, *arguments):
        began = time.time()
        result = step(self, *arguments)
        with open(os.environ["{FILE}"], "a") as file:
            file.write(json.dumps([str(self.config.seed), began, time.time()]) + "\\n")
        return result
    kind.training_step = recorded

builtins.__import__ = importing
"""
WORDS = [
    "dataset=mnist", "logger=none", "trainer=cpu", "trainer.num_threads=1", "figures=[]",
    "progress=false", "num_replicas=2", "model.widths=[20,16,12]", "dataset.train_size=1000",
    "pruner.steps=1", "pruner.final_density=0.5", "training.budget.amount=10",
    "pruner.finetune.amount=10",
]  # fmt: skip


def run() -> Iterator[Comparison]:
    ours, lightning = "start to first update, last to end", "import lightning"
    seconds = in_turn({ours: lambda: _around(_run(1)), lightning: _import}, ROUNDS)
    yield compare("a single run", ours, lightning, seconds)
    ours, alone = "last update to the next run's first", "one process per run"
    seconds = in_turn({ours: lambda: _between(_run(RUNS)), alone: lambda: _around(_run(1))}, ROUNDS)
    yield compare(f"each of {RUNS} runs of a sweep", ours, alone, seconds)


Times = tuple[float, list[list[float]], float]  # start, updates of each run, end


def _around(times: Times) -> float:
    start, updates, end = times
    return updates[0][0] - start + end - updates[-1][-1]


def _between(times: Times) -> float:
    _, updates, _ = times
    gaps = [later[0] - run[-1] for run, later in zip(updates, updates[1:], strict=False)]
    return sum(gaps) / len(gaps)


def _run(count: int) -> Times:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "updates.jsonl"
        (Path(folder) / "sitecustomize.py").write_text(RECORDS_UPDATES)
        words = [f"seed=range(0,{count})", f"results_dir={folder}", f"data_dir={data_dir()}"]
        start = time.time()
        _child(
            ["-m", "pruning_phases.train", "-m", *WORDS, *words],
            {FILE: str(file), "PYTHONPATH": f"{folder}{os.pathsep}{Path(__file__).parents[1]}"},
        )
        end = time.time()
        runs: dict[str, list[float]] = {}
        for line in file.read_text().splitlines():
            run, began, ended = json.loads(line)
            runs.setdefault(run, []).extend((began, ended))
        return start, list(runs.values()), end


def _import() -> None:
    _child(["-c", "import lightning"], {})


def _child(words: list[str], variables: dict[str, str]) -> None:
    subprocess.run(
        [sys.executable, *words], env={**os.environ, **variables}, check=True, capture_output=True
    )
