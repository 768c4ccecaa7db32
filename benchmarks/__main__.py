"""Run benchmarks, print ratios, write results.json, results.md, results.png.

``python -m benchmarks`` runs all of them, ``python -m benchmarks sparse curves`` some.
"""

import json
import logging
import platform
import sys
import warnings
from pathlib import Path

import torch

from benchmarks import curves, cut, ensemble, overhead, rewiring, search, sparse, sweep, training
from benchmarks.curves import Curve
from benchmarks.figure import figure
from benchmarks.pairs import Comparison
from pruning_phases.ensemble.workers import CORES, set_num_workers

FOLDER = Path(__file__).parent
COMPARISONS = {
    module.__name__.rpartition(".")[2]: module
    for module in (training, sparse, ensemble, search, cut, rewiring, sweep, overhead)
}


def main(names: list[str]) -> None:
    known = [*COMPARISONS, "curves"]
    if unknown := set(names) - set(known):
        sys.exit(f"no benchmark {', '.join(sorted(unknown))}: give some of {', '.join(known)}")
    chosen = names or known
    logging.getLogger("lightning.pytorch").setLevel(logging.ERROR)
    warnings.filterwarnings("ignore")
    set_num_workers(1)  # one thread for everyone: ratios of a core's work
    machine = {
        "cores": CORES,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "gpu": torch.cuda.get_device_name() if torch.cuda.is_available() else None,
    }
    print("  ".join(f"{key}: {value}" for key, value in machine.items()), flush=True)
    comparisons: list[Comparison] = []
    for name in chosen:
        for comparison in COMPARISONS[name].run() if name in COMPARISONS else ():
            print(comparison.line(), flush=True)
            comparisons.append(comparison)
    drawn: list[Curve] = []
    for curve in curves.run() if "curves" in chosen else ():
        print(curve.line(), flush=True)
        drawn.append(curve)
    content = {"machine": machine, "comparisons": [c.as_dict() for c in comparisons],
               "curves": [c.as_dict() for c in drawn]}  # fmt: skip
    (FOLDER / "results.json").write_text(json.dumps(content, indent=2) + "\n")
    (FOLDER / "results.md").write_text(_markdown(machine, comparisons, drawn))
    if drawn:
        figure(drawn).savefig(FOLDER / "results.png", dpi=110)


def _markdown(machine: dict, comparisons: list[Comparison], drawn: list[Curve]) -> str:
    lines = [", ".join(f"{key} {value}" for key, value in machine.items()), ""]
    if comparisons:
        ratio = "peer's time / our time: median (range of the pairs)"
        lines += [_row(["work", "this package", "peer", ratio]), _row(["---"] * 4)]
        lines += [
            _row([c.work, c.ours, c.peer, f"{c.ratio:.2f} ({c.lowest:.2f} to {c.highest:.2f})"])
            for c in comparisons
        ]
    for curve in drawn:
        heads = [curve.axis, *(f"{name} ({curve.unit})" for name in curve.ways)]
        lines += ["", f"{curve.work}:", "", _row(heads), _row(["---"] * len(heads))]
        lines += [
            _row([f"{number:g}", *(f"{value:.3g}" for value in values)])
            for number, *values in zip(curve.numbers, *curve.ways.values(), strict=True)
        ]
    return "\n".join([*lines, ""])


def _row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main(sys.argv[1:])
