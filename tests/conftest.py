"""What the tests share: where the data is, and configurations composed as the command line does."""

import os

# Before anything counts its threads, here and in what the tests start: two processes run at once.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from pruning_phases.config.checks import check
from pruning_phases.config.run import Config
from pruning_phases.data.registry import load
from pruning_phases.ensemble.workers import set_num_workers
from pruning_phases.training.loop import EnsembleModule
from pruning_phases.training.run import build_module
from tests.support.composed import composed as composed_of
from tests.support.own_code import write  # noqa: F401

# Small networks on few examples: seconds, and still every part of the machinery.
TINY = [
    "logger=none", "trainer=cpu", "figures=[]", "progress=false", "num_replicas=2",
    "model.widths=[20,16,12]", "dataset.train_size=200", "training.budget.amount=2",
    "pruner.steps=4", "pruner.final_density=0.02", "pruner.finetune.amount=6",
]  # fmt: skip
# TINY without the widths of the fully connected network, for networks of a user's own.
SMALL = [word for word in TINY if not word.startswith("model.")]
CNN = ["model=cnn", "model.widths=[12]", "model.channels=[4,5]"]
DENSITY = 0.2  # of a topology: TINY's steps are at 0.376, 0.141, 0.053 and 0.02
SNAPSHOTS = "snapshots=[0.2,0.05]"
# A sweep of twelve runs of all sorts, that every launcher makes; needs data_dir.
TWELVE = ["-m", *TINY, "pruner=magnitude,random,snip", "seed=0,1", "dataset=digits,mnist"]


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture
def with_workers() -> Iterator[Callable[[int], None]]:
    """with_workers(2): replicas are computed by two threads."""
    yield set_num_workers
    set_num_workers(1)


@pytest.fixture(scope="session")
def data_dir() -> str:
    """The folder that holds MNIST and KMNIST in torchvision's layout."""
    beside = Path(__file__).parents[2] / "shared" / "data"
    folder = os.environ.get("PRUNING_PHASES_DATA") or str(beside)
    if not (Path(folder) / "MNIST" / "raw").is_dir():
        pytest.skip(f"no MNIST in {folder}: set PRUNING_PHASES_DATA to a folder that holds it")
    return str(Path(folder).resolve())


Composer = Callable[..., Config]


@pytest.fixture
def configure(tmp_path: Path) -> Composer:
    """configure("seed=1", tiny=True): the checked configuration of a command line."""

    def composed(*overrides: str, tiny: bool = True) -> Config:
        words = [*(TINY if tiny else ()), f"results_dir={tmp_path / 'results'}", *overrides]
        return check(composed_of(words))

    return composed


@pytest.fixture
def on(configure: Composer) -> Composer:
    """on("rewired", ...): the configuration of a run on that topology."""

    def composed(family: str, *overrides: str) -> Config:
        words = [f"topology={family}", f"topology.density={DENSITY}", SNAPSHOTS]
        return configure(*words, "topology.training.amount=30", *overrides)

    return composed


@pytest.fixture
def module_of(configure: Composer) -> Callable[..., EnsembleModule]:
    """module_of("seed=1"): the untrained networks of a configuration, in a loop."""

    def build(*overrides: str) -> EnsembleModule:
        own = any(word.startswith("model=custom") for word in overrides)
        config = configure(*(SMALL if own else TINY), *overrides, tiny=False)
        module = build_module(config, load(config))
        module.replicas.attach(vectorized=False)
        return module

    return build
