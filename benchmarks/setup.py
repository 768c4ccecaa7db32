"""Data folder, and configurations composed as the command line does."""

import os
import sys
from pathlib import Path

from hydra import compose, initialize_config_dir

from pruning_phases.config.checks import check
from pruning_phases.config.conf_folder import conf_dir
from pruning_phases.config.register import register
from pruning_phases.config.run import Config
from pruning_phases.data.registry import load
from pruning_phases.training.loop import EnsembleModule
from pruning_phases.training.run import build_module


def data_dir() -> str:
    folder = os.environ.get("PRUNING_PHASES_DATA", "data")
    if not (Path(folder) / "MNIST" / "raw").is_dir():
        sys.exit(f"no MNIST in {folder}: set PRUNING_PHASES_DATA to a folder that holds it")
    return folder


def new_module(config: Config) -> EnsembleModule:
    return build_module(config, load(config))


def compose_config(*overrides: str) -> Config:
    register()
    with initialize_config_dir(conf_dir(), version_base=None):
        return check(compose("train", [f"data_dir={data_dir()}", *overrides]))
