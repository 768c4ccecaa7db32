"""The drawing of the training loop shows the callbacks that a run installs, in their order."""

import re

import pytest
from lightning import Callback, LightningModule
from rich.console import Console

from pruning_phases.records.run import RunRecord
from pruning_phases.training.callbacks.measure import Measure
from pruning_phases.training.callbacks.record import Record
from pruning_phases.training.callbacks.wandb import LogToWandb
from pruning_phases.training.loop import EnsembleModule
from pruning_phases.training.preemption import PreemptionSignal
from pruning_phases.training.run import callbacks_of

HOOKS = ["on_train_epoch_start", "training_step", "on_train_batch_end", "on_train_epoch_end"]


def drawing() -> list[tuple[str, str]]:
    """(hook, class) for every row of the drawing in the docstring."""
    rows, hook = [], ""
    table = (EnsembleModule.__doc__ or "").partition("for every round of every step\n")[2]
    for line in table.partition("\n\n")[0].splitlines():
        hook = line[12:36].strip() or hook
        rows.append((hook, line[36:].split()[0]))
    return rows


def installed(callbacks: list[Callback]) -> list[tuple[str, str]]:
    """(hook, class) for every hook that a callback or the module overrides, in order of calls."""
    rows = []
    for hook in HOOKS:
        bases = [(type(callback), Callback) for callback in callbacks]
        for owner, base in [*bases, (EnsembleModule, LightningModule)]:
            if getattr(owner, hook, None) is not getattr(base, hook, None):
                rows.append((hook, owner.__name__))
    return rows


@pytest.fixture
def callbacks(configure, tmp_path):
    config = configure("progress=true")
    measure = Measure()
    record = RunRecord(tmp_path, "study", "id")
    checkpointer = Record(record, measure, 1.0, PreemptionSignal(), lease=None)
    logging = LogToWandb(None, measure, repeats=False)
    return callbacks_of(config, checkpointer, Console(quiet=True), logging)


def test_the_drawing_of_the_loop_shows_all_callbacks_in_their_order(callbacks):
    assert drawing() == installed(callbacks)


def test_an_added_or_moved_callback_is_noticed(callbacks):
    class Added(Callback):
        def on_train_epoch_end(self, trainer, module):
            pass

    assert drawing() != installed([*callbacks, Added()])
    assert drawing() != installed([callbacks[1], callbacks[0], *callbacks[2:]])


def test_the_words_of_the_drawing_are_hooks(callbacks):
    assert all(re.fullmatch("|".join(HOOKS), hook) for hook, _ in drawing())
