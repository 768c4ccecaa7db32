"""What a run costs besides its updates: from its process's start to the first of them and from the
last one to the process's end, beside a process that imports Lightning and does nothing; and between
two runs of a sweep in one process, beside a process a run."""

from __future__ import annotations

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

FILE = "PRUNING_PHASES_UPDATES"  # the environment variable that names where a child notes its times
RUNS, ROUNDS = 10, 3
# Python runs it as it starts: once the engine's module is imported, its updates are noted.
NOTES_UPDATES = f"""
import builtins, json, os, sys, time

original = builtins.__import__

def importing(*arguments, **more):
    module = original(*arguments, **more)
    engine = sys.modules.get("pruning_phases.training.run")
    if engine is not None and hasattr(engine, "build_module"):
        builtins.__import__ = original
        note(engine.EnsembleModule)
    return module

def note(kind):
    step = kind.training_step
    def noted(self, *arguments):
        began = time.time()
        result = step(self, *arguments)
        with open(os.environ["{FILE}"], "a") as file:
            file.write(json.dumps([str(self.config.seed), began, time.time()]) + "\\n")
        return result
    kind.training_step = noted

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
    yield compare("a run of its own", ours, lightning, seconds)
    ours, alone = "last update to the next run's first", "a process a run"
    seconds = in_turn({ours: lambda: _between(_run(RUNS)), alone: lambda: _around(_run(1))}, ROUNDS)
    yield compare(f"each of {RUNS} runs of a sweep", ours, alone, seconds)


Times = tuple[float, list[list[float]], float]  # start, each run's updates, end


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
        (Path(folder) / "sitecustomize.py").write_text(NOTES_UPDATES)
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
