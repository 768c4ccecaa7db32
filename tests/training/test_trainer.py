"""Lightning's Trainer: one-line errors, devices, and a training that ends early."""

from types import SimpleNamespace

import pytest
import torch

from pruning_phases.errors import RunError, Terminated, UserError
from pruning_phases.training import trainer as made
from pruning_phases.training.trainer import accelerator_of, arithmetic, fit, new_trainer


class FakeTrainer(SimpleNamespace):
    """Stands for Lightning's Trainer; ``leaves``: it ends by SystemExit."""

    def __init__(self, leaves=False, sigterm=False):
        super().__init__(callbacks=["own"], received_sigterm=sigterm)
        self.leaves = leaves

    def fit(self, module, datamodule):
        if self.leaves:
            raise SystemExit(1)


def module(ended=True):
    return SimpleNamespace(ended=ended, source=None, step=3, num_steps=9)


def fitted(trainer, ended=True, answered=False):
    fit(module(ended), trainer, ["ours"], SimpleNamespace(was_answered=answered))


@pytest.mark.parametrize("asked", ["cpu", "gpu", "tpu"])
def test_an_accelerator_that_is_asked_for_is_taken(asked):
    assert accelerator_of(asked) == asked


@pytest.mark.parametrize(("there", "expected"), [(True, "gpu"), (False, "cpu")])
def test_auto_is_cuda_or_the_cpu(monkeypatch, there, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: there)
    assert accelerator_of("auto") == expected


def test_a_trainer_has_none_of_lightning_s_additions(configure, tmp_path):
    trainer = new_trainer(configure(), tmp_path)
    assert trainer.max_epochs == -1 and trainer.num_devices == 1 and trainer.loggers == []
    names = {type(callback).__name__ for callback in trainer.callbacks}
    assert not names & {"ModelCheckpoint", "TQDMProgressBar", "RichProgressBar", "ModelSummary"}


def test_the_device_of_a_process_is_the_cpu_or_a_gpu_by_name(monkeypatch):
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: f"GPU {device.index}")
    kinds = {name: arithmetic(torch.device(name))["device"] for name in ("cpu", "cuda:1", "mps")}
    assert kinds == {"cpu": "cpu", "cuda:1": "GPU 1", "mps": "mps"}


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("trainer.accelerator=abacus", r"trainer\.accelerator=abacus with 0 trainer\.options: "),
        ("+trainer.options.no_such_option=1", r"with 1 trainer\.options: .*no_such_option"),
    ],
)
def test_a_wrong_device_or_option_is_one_line_with_the_cure(configure, tmp_path, override, said):
    with pytest.raises(UserError, match=said) as error:
        new_trainer(configure(override), tmp_path)
    assert "\n" not in str(error.value) and str(error.value).endswith("trainer=cpu runs everywhere")


def test_a_machine_without_a_device_is_a_failed_run(configure, tmp_path, monkeypatch):
    def broken(**_):
        raise RuntimeError("no driver")

    monkeypatch.setattr(made.lightning, "Trainer", broken)
    with pytest.raises(RunError, match="no device to run on: no driver; trainer=cpu runs"):
        new_trainer(configure(), tmp_path)


def test_our_callbacks_come_first():
    trainer = FakeTrainer()
    fitted(trainer)
    assert trainer.callbacks == ["ours", "own"]


def test_a_training_that_lightning_ends_early_fails_the_run():
    with pytest.raises(RunError, match=r"ended after step 3 of 9: leave trainer\.options"):
        fitted(FakeTrainer(), ended=False)


@pytest.mark.parametrize(
    ("sigterm", "answered", "expected"),
    [(False, False, KeyboardInterrupt), (True, False, Terminated), (True, True, SystemExit)],
)
def test_a_signal_is_told_apart_by_its_kind(sigterm, answered, expected):
    with pytest.raises(expected):
        fitted(FakeTrainer(leaves=True, sigterm=sigterm), answered=answered)
