"""Hydra's sweeper of this package, in the folder where Hydra looks for plugins.

``pruning_phases/sweeps/launch.py`` does the work.
"""

# No annotations from __future__: Hydra loads this file without an entry in sys.modules, where
# dataclasses would look up such annotations.
from dataclasses import dataclass, field
from typing import Any

from hydra.core.config_store import ConfigStore
from hydra.core.plugins import Plugins
from hydra.plugins.launcher import Launcher
from hydra.plugins.sweeper import Sweeper
from hydra.types import HydraContext, TaskFunction
from omegaconf import DictConfig


@dataclass
class ResumingSweeperConf:
    _target_: str = "hydra_plugins.pruning_phases_sweeper.ResumingSweeper"
    params: dict[str, str] = field(default_factory=dict)  # as for Hydra's own sweeper
    # Further params, each with combinations of its own: a sweep need not be one product.
    grids: list[dict[str, str]] = field(default_factory=list)
    max_batch_size: int = 1000  # jobs that the launcher gets at once


ConfigStore.instance().store(
    group="hydra/sweeper", name="resuming", node=ResumingSweeperConf, provider="pruning_phases"
)


class ResumingSweeper(Sweeper):
    """Every combination of the given values, except those whose run is done."""

    def __init__(
        self, params: dict[str, str], grids: list[dict[str, str]], max_batch_size: int
    ) -> None:
        self.params, self.grids = params, grids
        self.max_batch_size = max_batch_size
        self.launcher: Launcher | None = None

    def setup(
        self, *, hydra_context: HydraContext, task_function: TaskFunction, config: DictConfig
    ) -> None:
        self.hydra_context = hydra_context
        self.config = config
        self.launcher = Plugins.instance().instantiate_launcher(
            hydra_context=hydra_context, task_function=task_function, config=config
        )

    def sweep(self, arguments: list[str]) -> Any:
        from pruning_phases.sweeps.launch import sweep  # every command imports this file

        assert self.launcher is not None and self.config is not None
        grids = [
            [*(f"{key}={value}" for key, value in {**self.params, **grid}.items()), *arguments]
            for grid in self.grids or [{}]
        ]
        loader = self.hydra_context.config_loader
        return sweep(grids, self.config, loader, self.launcher, self.max_batch_size)
