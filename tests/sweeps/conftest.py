"""Hydra's loader of the package's own configurations."""

import pytest
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra

from pruning_phases.config.conf_folder import conf_dir
from pruning_phases.config.register import register


@pytest.fixture
def loader():
    register()
    with initialize_config_dir(conf_dir(), version_base=None):
        yield GlobalHydra.instance().config_loader()
