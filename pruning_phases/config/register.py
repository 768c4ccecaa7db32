"""Registration of the dataclasses of runs and commands in Hydra's ConfigStore."""

from dataclasses import fields, is_dataclass
from typing import Any

from hydra.core.config_store import ConfigStore
from omegaconf import DictConfig, OmegaConf

from pruning_phases.config.dropout_rates import FixedRatesConfig, RateGridConfig
from pruning_phases.config.groups import (
    LoggerConfig,
    PrunerConfig,
    TrainerConfig,
)
from pruning_phases.config.help import command_help, train_help
from pruning_phases.config.keys import Key, declared
from pruning_phases.config.optimizer import AdamConfig, OneStepConfig, SgdConfig
from pruning_phases.config.run import Config
from pruning_phases.config.topology import TopologyConfig
from pruning_phases.data.registry import data_sets
from pruning_phases.file_path import expanded
from pruning_phases.models.registry import models

# Hydra copies its repository for every composition, and with it this store: 20 ms each, and half a
# second for a help text. The store is one per process, and what is read from it is copied anyway.
ConfigStore.__deepcopy__ = lambda store, memo: store  # type: ignore[attr-defined]

# conf/train.yaml uses it; here since the process of a job imports this file too.
OmegaConf.register_new_resolver("expanded", lambda path: str(expanded(path)), replace=True)


def schemas() -> dict[str, dict[str, type]]:
    """Group -> name of a schema -> its dataclass."""
    return {
        "model": {f"schema_{name}": module.CONFIG for name, module in models().items()},
        "dataset": {f"schema_{name}": module.CONFIG for name, module in data_sets().items()},
        "optimizer": {
            "schema_adam": AdamConfig,
            "schema_sgd": SgdConfig,
            "schema_one_step": OneStepConfig,
        },
        "pruner": {"schema": PrunerConfig},
        "dropout_phase": {"schema_fixed": FixedRatesConfig, "schema_grid": RateGridConfig},
        "topology": {"schema": TopologyConfig},
        "trainer": {"schema": TrainerConfig},
        "logger": {"schema": LoggerConfig},
    }


def register() -> None:
    """Store the schemas to which ``conf/train.yaml`` and the options refer, and the help."""
    store = ConfigStore.instance()
    store.store(name="schema", node=Config)
    for group, kinds in schemas().items():
        for name, kind in kinds.items():
            store.store(group=group, name=name, node=_with_free_options(kind))
    store.store(group="hydra/help", name="train", node=train_help(schemas()))


def _with_free_options(kind: type) -> DictConfig:
    """A dataclass whose dictionaries take new keys: GROUP.options.NAME=VALUE, with or without +."""
    node: DictConfig = OmegaConf.structured(kind)
    for part in fields(kind):
        child = node._get_node(part.name)
        if isinstance(child, DictConfig) and not is_dataclass(OmegaConf.get_type(child)):
            OmegaConf.set_struct(child, False)
    return node


def register_command(name: str, kind: type, about: str) -> None:
    """Store the root configuration of a command other than ``train``."""
    store = ConfigStore.instance()
    store.store(name=f"schema_{name}", node=kind)
    store.store(group="hydra/help", name=name, node=command_help(name, kind, about))
    defaults: list[Any] = [
        f"schema_{name}",
        "_self_",
        {"override hydra/job_logging": "stdout"},
        {"override hydra/hydra_logging": "none"},
        {"override hydra/help": name},
    ]
    hydra = {"job": {"name": name, "chdir": False}, "run": {"dir": "."}, "output_subdir": None}
    store.store(name=name, node={"defaults": defaults, "hydra": hydra})


def keys_of(kind: type) -> dict[str, Key]:
    """Dotted paths of the keys of a command's configuration, with their facts."""
    return {path: facts for path, facts, _ in declared(kind)}


def all_keys() -> dict[str, Key]:
    """Dotted paths of the keys of all options of all groups, with their facts."""
    keys = keys_of(Config) | dict.fromkeys(schemas(), Key())
    for group, kinds in schemas().items():
        for kind in kinds.values():
            keys |= {f"{group}.{path}": facts for path, facts in keys_of(kind).items()}
    return dict(sorted(keys.items()))
