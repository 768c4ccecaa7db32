"""Overhead of a large sweep.

Composing, checking and naming 2,500 configurations, against Hydra's own composition. Reading 1,000
records into a status and a table, against pandas reading all columns.
"""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode

from benchmarks.pairs import Comparison, compare, in_turn
from pruning_phases.analysis.table.read import combine
from pruning_phases.config.checks import check
from pruning_phases.config.conf_folder import conf_dir
from pruning_phases.config.identity import run_id
from pruning_phases.config.register import register
from pruning_phases.records.run import RunRecord, find_records
from pruning_phases.records.states import states
from pruning_phases.sweeps.combinations import combinations, composer
from tests.support.written_records import write_run

GRID = [
    "seed=range(0,50)", "pruner.final_density=1e-3,2e-3,3e-3,4e-3,5e-3", "pruner=magnitude,snip",
    "optimizer.lr=1e-3,2e-3,3e-3,4e-3,5e-3",
]  # fmt: skip
POINTS, HYDRA_POINTS, RECORDS, ROUNDS = 2500, 50, 1000, 3


def run() -> Iterator[Comparison]:
    yield _composing()
    yield _reading()


def _composing() -> Comparison:
    register()
    with initialize_config_dir(conf_dir(), version_base=None):
        loader = GlobalHydra.instance().config_loader()
        master = loader.load_configuration("train", GRID, run_mode=RunMode.MULTIRUN)

        def ours() -> float:
            began = time.perf_counter()
            jobs, compose = combinations(GRID, loader), composer(master, loader)
            assert len({run_id(check(compose(job))) for job in jobs}) == POINTS
            return (time.perf_counter() - began) / POINTS

        some = combinations(GRID, loader)[:: POINTS // HYDRA_POINTS]

        def hydra() -> float:
            began = time.perf_counter()
            for job in some:
                loader.load_sweep_config(master, [one.input_line for one in job])
            return (time.perf_counter() - began) / len(some)

        seconds = in_turn({"composed, checked, named": ours, "load_sweep_config": hydra}, ROUNDS)
    return compare("a job of a sweep of 2,500", "composed, checked, named", "load_sweep_config",
                   seconds)  # fmt: skip


def _reading() -> Comparison:
    with tempfile.TemporaryDirectory() as folder:
        density = np.geomspace(1, 1e-3, 29)
        columns = {"accuracy": np.ones((8, 29)), "loss": np.ones((8, 29))}
        for number in range(RECORDS):
            write_run(Path(folder), f"{number:012d}", density, columns, seed=number)

        def ours() -> None:
            runs, _ = states([Path(folder)], verify=False)
            assert len(runs) == RECORDS
            combine(
                find_records(Path(folder)), ["density", "accuracy"], Path(folder) / "all.parquet"
            )

        def whole() -> None:
            records: list[RunRecord] = find_records(Path(folder))
            pd.concat([record.observables() for record in records]).to_parquet(
                Path(folder) / "whole.parquet"
            )

        seconds = in_turn({"status and table": ours, "pandas, all columns": whole}, ROUNDS)
    return compare(f"{RECORDS} records", "status and table", "pandas, all columns", seconds)
