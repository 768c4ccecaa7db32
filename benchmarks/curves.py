"""Scaling curves: time over replicas, width, density and steps, and peak memory over replicas."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import torch

from benchmarks import sparse
from benchmarks.pairs import in_turn
from benchmarks.setup import compose_config, data_dir, new_module
from benchmarks.training import BATCH, minimal_updates
from pruning_phases.ensemble.memory import bytes_of_networks
from pruning_phases.ensemble.workers import CORES, set_num_workers
from pruning_phases.training.evaluate import EXAMPLES_PER_CALL
from pruning_phases.training.loop import UPDATES_PER_CALL, EnsembleModule

ROUNDS = 3
OPTIONS = ["dataset=mnist", "trainer=cpu", f"training.batch_size={BATCH}"]
MIB = 2**20
PROCESSES = Path("/proc")  # of Linux: the peak memory of each process


@dataclass
class Curve:
    """Medians of each way over the numbers of an axis."""

    work: str
    axis: str
    unit: str
    numbers: list[float]
    ways: dict[str, list[float]]

    def as_dict(self) -> dict:
        return asdict(self)

    def line(self) -> str:
        ways = "; ".join(
            f"{name}: {' '.join(f'{value:.3g}' for value in values)}"
            for name, values in self.ways.items()
        )
        numbers = " ".join(f"{number:g}" for number in self.numbers)
        return f"{self.work} in {self.unit}, {self.axis} {numbers}: {ways}"


def run() -> Iterator[Curve]:
    yield over_replicas()
    yield over_width()
    yield over_density()
    yield over_steps()
    if PROCESSES.is_dir():
        yield memory_over_replicas()


def over_replicas() -> Curve:
    numbers = [1, 2, 4, 8, 16, 32]
    curve = Curve("dense update of FC on MNIST", "replicas", "ms", list(numbers), {})
    for number in numbers:
        module = _begun(f"num_replicas={number}")
        ways = {
            f"{workers} worker" + "s" * (workers > 1): partial(_update, module, workers)
            for workers in dict.fromkeys((1, CORES))
        }
        ways["networks one after another"] = lambda n=number: n * minimal_updates(UPDATES_PER_CALL)
        _add(curve, ways, UPDATES_PER_CALL)
    return curve


def over_width() -> Curve:
    numbers = [50, 100, 200, 400, 800]
    curve = Curve("update of 8 FC on MNIST", "hidden width", "ms", list(numbers), {})
    for width in numbers:
        words = ["num_replicas=8", f"model.widths=[{width},{width},{width}]"]
        _add(
            curve,
            {
                f"density {density:g}": partial(_update, _begun(*words, density=density), 1)
                for density in (1.0, 0.1, 0.01)
            },
            UPDATES_PER_CALL,
        )
    return curve


def over_density() -> Curve:
    numbers = [1.0, 0.5, *sparse.DENSITIES]
    curve = Curve("update of 8 networks on MNIST", "density", "ms", list(numbers), {})
    for density in numbers:
        ways: dict[str, Callable[[], float]] = {}
        for model in ("fc", "cnn"):
            module = _begun(f"model={model}", "num_replicas=8", density=density)
            ways[model.upper()] = partial(_update, module, 1)
            block = module.source.order.updates(0, UPDATES_PER_CALL)
            call = partial(module.training_step, block, 0)
            ways[f"{model.upper()}, all weights"] = partial(sparse.seconds, module, call, up_to=0.0)
        _add(curve, ways, UPDATES_PER_CALL)
    return curve


def over_steps() -> Curve:
    """Whole runs that train little, so that they prune and measure most of the time."""
    numbers = [10, 40, 160]
    curve = Curve("run of 8 FC with one update a step", "steps", "ms", list(numbers), {})
    for steps in numbers:
        words = ["pruning_phases.train", "num_replicas=8", *_run_words(), f"pruner.steps={steps}"]
        _add(curve, {"whole run": lambda w=words: _child(w)[0]}, rounds=1)
    return curve


def memory_over_replicas() -> Curve:
    numbers = [1, 8, 32, 128]
    curve = Curve("peak memory of a run of FC on MNIST", "replicas", "MiB", list(numbers), {})
    module = new_module(compose_config(*_run_words(), "num_replicas=1"))
    process = _child(["benchmarks.curves"])[1]  # with all imports
    data = module.data.train.num_bytes + module.data.test.num_bytes
    fixed, per_network = bytes_of_networks(
        module.replicas.architecture, BATCH, EXAMPLES_PER_CALL, torch.device("cpu")
    )
    measured, estimated = [], []
    for number in numbers:
        words = [f"num_replicas={number}", *_run_words(), "pruner.steps=10"]
        measured.append(_child(["pruning_phases.train", *words])[1] / MIB)
        estimated.append((process + data + fixed + number * per_network) / MIB)
    curve.ways = {"measured": measured, "formula": estimated}
    return curve


def _add(
    curve: Curve, ways: dict[str, Callable[[], float]], units: int = 1, rounds: int = ROUNDS
) -> None:
    """Add the milliseconds of each way, per unit of work."""
    for name, seconds in in_turn(ways, rounds).items():
        median = sorted(seconds)[len(seconds) // 2]
        curve.ways.setdefault(name, []).append(1000 * median / units)


def _begun(*words: str, density: float = 1.0) -> EnsembleModule:
    module = new_module(compose_config(*OPTIONS, *words))
    sparse.prune_at_random(module, density)
    return module


def _update(module: EnsembleModule, workers: int) -> float:
    """Seconds of a block of updates."""
    set_num_workers(workers)
    _ = module.sparse  # made before the clock runs
    block = module.source.order.updates(0, UPDATES_PER_CALL)
    began = time.perf_counter()
    module.training_step(block, 0)
    spent = time.perf_counter() - began
    set_num_workers(1)
    return spent


def _run_words() -> list[str]:
    return [
        *OPTIONS, "pruner.final_density=1e-4", "training.budget.rule=updates",
        "training.budget.amount=20", "pruner.finetune.rule=updates", "pruner.finetune.amount=1",
        "logger=none", "figures=[]", "progress=false", "checkpoint_seconds=0",
        f"data_dir={data_dir()}",
    ]  # fmt: skip


def _child(words: list[str]) -> tuple[float, int]:
    """Seconds and peak bytes of a module with arguments in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        more = [f"results_dir={folder}"] if words[1:] else []
        command = [sys.executable, "-m", *words, *more]
        began, peak = time.perf_counter(), 0
        child = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=Path(__file__).parents[1])
        while child.poll() is None:
            # wait4 would report the peak of this process, too.
            if PROCESSES.is_dir():
                status = (PROCESSES / str(child.pid) / "status").read_text()
                found = re.search(r"VmHWM:\s+(\d+) kB", status)
                peak = int(found[1]) * 1024 if found else peak
            time.sleep(0.02)
        assert child.returncode == 0, command
        return time.perf_counter() - began, peak
