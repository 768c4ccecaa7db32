"""Lightning's Trainer: how it is built, and how one chunk is fitted with it.

In: trainer options, a module, callbacks. Out: trained networks, one-line errors. Knows no record.
"""

import logging
import os
import warnings
from pathlib import Path
from typing import Any

import lightning
import torch
from lightning.fabric.utilities.exceptions import MisconfigurationException
from lightning.pytorch.plugins.environments import LightningEnvironment

from pruning_phases.config.run import Config
from pruning_phases.ensemble.workers import num_workers
from pruning_phases.errors import RunError, Terminated, UserError, first_line
from pruning_phases.training.loop import EnsembleModule
from pruning_phases.training.preemption import PreemptionSignal
from pruning_phases.training.rounds import ReplicaDataModule

# Variables by which MKL and oneDNN use other vector extensions than torch reports.
VECTOR_SETTINGS = ("MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS", "ONEDNN_MAX_CPU_ISA", "DNNL_MAX_CPU_ISA")


def fit(
    module: EnsembleModule,
    trainer: lightning.Trainer,
    callbacks: list[lightning.Callback],
    preemption: PreemptionSignal,
) -> None:
    """Train a module to its end. The callbacks come before those of ``trainer.options``."""
    trainer.callbacks = [*callbacks, *trainer.callbacks]  # type: ignore[attr-defined]
    try:
        trainer.fit(module, datamodule=ReplicaDataModule(module.source))
    except SystemExit as leaving:  # Lightning's answer to every signal, without its name
        if preemption.was_answered:
            raise
        raise (Terminated if trainer.received_sigterm else KeyboardInterrupt) from leaving
    if not module.ended:
        raise RunError(
            f"the training ended after step {module.step} of {module.num_steps}: leave "
            "trainer.options that end it out"
        )


def new_trainer(config: Config, folder: Path) -> lightning.Trainer:
    """Build a Trainer without our callbacks. A wrong device or option is refused here."""
    defaults: dict[str, Any] = {
        "accelerator": accelerator_of(config.trainer.accelerator),
        "devices": 1,
        "max_epochs": -1,
        "logger": False,
        "default_root_dir": folder,
        "enable_checkpointing": False,
        "enable_progress_bar": False,
        "enable_model_summary": False,
        # A run is one process on one device, whatever scheduler started it.
        "plugins": [LightningEnvironment()],
    }
    try:
        return lightning.Trainer(**(defaults | config.trainer.options))
    except (TypeError, ValueError, MisconfigurationException) as error:
        raise UserError(
            f"trainer.accelerator={config.trainer.accelerator} with {len(config.trainer.options)} "
            f"trainer.options: {first_line(error)}; trainer=cpu runs everywhere"
        ) from error
    except RuntimeError as error:
        raise RunError(f"no device to run on: {error}; trainer=cpu runs everywhere") from error


def arithmetic(device: torch.device) -> dict[str, Any]:
    """Return what decides, beside processor and versions, how this process rounds sums."""
    settings = [f"{name}={os.environ[name]}" for name in VECTOR_SETTINGS if name in os.environ]
    return {
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else device.type,
        "vector_extensions": " ".join([torch.backends.cpu.get_cpu_capability(), *settings]),
        "num_threads": num_workers(),
        "matmul_precision": torch.get_float32_matmul_precision(),
    }


def accelerator_of(asked: str) -> str:
    """Resolve ``auto``: CUDA or the CPU. Apple's GPUs lack float64, which dropout and sums need."""
    if asked != "auto":
        return asked
    return "gpu" if torch.cuda.is_available() else "cpu"


def quiet_lightning() -> None:
    """Suppress Lightning's notices, which are about features that are not used here."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module="lightning.*")
