"""One ensemble over dropout rates and training-set sizes against networks one after another."""

import time
from collections.abc import Iterator
from functools import partial

import lightning

from benchmarks.pairs import Comparison, compare, in_turn
from benchmarks.setup import compose_config
from benchmarks.training import TRAINER
from pruning_phases.config.run import Config
from pruning_phases.data.registry import load
from pruning_phases.ensemble.members import Member, members
from pruning_phases.training.callbacks.early_stopping import EarlyStopping
from pruning_phases.training.initial_state import InitialState
from pruning_phases.training.rounds import ReplicaDataModule
from pruning_phases.training.run import build_module

UPDATES, ROUNDS = 50, 5
GRID = [
    "pruner=none", "dropout_phase=grid", "dropout_phase.p_train=[0,0.3,0.6,0.9]",
    "dropout_phase.p_eval=[0]", "num_replicas=2", "model.depth=3", "model.width=128",
    "training.budget.rule=updates", f"training.budget.amount={UPDATES}", "trainer=cpu",
]  # fmt: skip
CASES = {
    "FC 64-128-128-10 on digits": ["dataset=digits", "training.batch_size=64"],
    "FC 784-128-128-10 on MNIST": ["dataset=mnist", "training.batch_size=128"],
}


def run() -> Iterator[Comparison]:
    for name, overrides in CASES.items():
        config = compose_config(*GRID, *overrides, "dataset.train_sizes=[64,256,1024]")
        all_members = members(config)
        one_by_one = [[member] for member in all_members]
        ours, peer = f"{len(all_members)} networks as one ensemble", "one after another"
        ways = {
            ours: partial(train, config, [all_members]),
            peer: partial(train, config, one_by_one),
        }
        seconds = in_turn(ways, ROUNDS)
        yield compare(f"{name}, {UPDATES} updates with dropout", ours, peer, seconds)


def train(config: Config, groups: list[list[Member]], initial: InitialState | None = None) -> float:
    """Seconds of training, without the preparation."""
    dataset = load(config)
    spent = 0.0
    for group in groups:
        module = build_module(config, dataset, group, initial)
        trainer = lightning.Trainer(callbacks=[EarlyStopping()], max_epochs=-1, **TRAINER)
        began = time.perf_counter()
        trainer.fit(module, datamodule=ReplicaDataModule(module.source))
        spent += time.perf_counter() - began
    return spent
