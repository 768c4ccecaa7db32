"""Run all benchmarks, print ratios, write results.json and results.md: ``python -m benchmarks``."""

import json
import os
import platform
from pathlib import Path

import torch

from benchmarks import cut, ensemble, overhead, rewiring, sparse, sweep, training
from benchmarks.pairs import Comparison
from pruning_phases.ensemble.workers import set_num_workers

FOLDER = Path(__file__).parent


def main() -> None:
    set_num_workers(1)  # one thread for everyone: ratios of a core's work
    machine = {
        "processor_cores": os.cpu_count(),
        "torch_threads": torch.get_num_threads(),
        "torch": torch.__version__,
        "python": platform.python_version(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }
    print("  ".join(f"{key}: {value}" for key, value in machine.items()), flush=True)
    comparisons: list[Comparison] = []
    for benchmark in (training, sparse, ensemble, cut, rewiring, sweep, overhead):
        for comparison in benchmark.run():
            print(comparison.line(), flush=True)
            comparisons.append(comparison)
    content = {"machine": machine, "comparisons": [c.as_dict() for c in comparisons]}
    (FOLDER / "results.json").write_text(json.dumps(content, indent=2) + "\n")
    (FOLDER / "results.md").write_text(_markdown(machine, comparisons))


def _markdown(machine: dict, comparisons: list[Comparison]) -> str:
    head = ", ".join(f"{key} {value}" for key, value in machine.items())
    rows = [
        f"| {c.work} | {c.ours} | {c.peer} | {c.ratio:.2f} ({c.lowest:.2f} to {c.highest:.2f}) |"
        for c in comparisons
    ]
    title = "| work | this package | peer | peer's time / our time: median (range of the pairs) |"
    return "\n".join([head, "", title, "| --- | --- | --- | --- |", *rows, ""])


if __name__ == "__main__":
    main()
