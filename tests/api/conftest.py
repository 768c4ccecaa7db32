"""A small run on digits, and records with known contents, for the interface of notebooks."""

import contextlib
from pathlib import Path

import numpy as np
import pytest

import pruning_phases as pp
from tests.analysis.exponents.test_fit import planted
from tests.conftest import TINY
from tests.support.written_records import write_run


@pytest.fixture(scope="session")
def made_folder(tmp_path_factory) -> Path:
    """A folder with multirun/transition, which holds one small run."""
    folder = tmp_path_factory.mktemp("notebook")
    with contextlib.chdir(folder):
        pp.run(*TINY)
    return folder


@pytest.fixture
def in_made_folder(made_folder, monkeypatch) -> Path:
    monkeypatch.chdir(made_folder)
    return made_folder


@pytest.fixture
def transitions(tmp_path) -> Path:
    """Two runs with a planted critical law, one without any transition; relative to tmp_path."""
    for seed, critical in ((0, 2e-3), (1, 5e-3)):
        law = planted(seed, critical=critical)
        columns = {"accuracy": 0.1 + 0.9 * law.values, "prediction_entropy": law.values}
        write_run(tmp_path, f"run{seed}", law.control, columns, width=1000, optimizer={"lr": seed})
    flat = 0.9 + 0.01 * np.random.default_rng(0).normal(size=(4, 30))
    columns = {"accuracy": flat, "prediction_entropy": flat}
    write_run(tmp_path, "run2", np.geomspace(1e-3, 1, 30), columns, width=1000, optimizer={"lr": 2})
    return tmp_path / "written"
