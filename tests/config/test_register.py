"""Schemas and keys of all groups, beside the options in conf/."""

import pytest
import yaml

from pruning_phases.config.conf_folder import conf_dir, options
from pruning_phases.config.register import all_keys, keys_of, schemas
from pruning_phases.config.run import Config


def test_every_option_of_a_group_with_schemas_names_one_of_them():
    for group, kinds in schemas().items():
        for option in options(group):
            with open(f"{conf_dir()}/{group}/{option}.yaml") as file:
                defaults = yaml.safe_load(file)["defaults"]
            bases = {base for base in defaults if isinstance(base, str)} - {"_self_"}
            assert bases & {*kinds, *options(group)}, f"{group}/{option}"


@pytest.mark.parametrize(
    "key",
    ["seed", "training.budget.amount", "model.widths", "model.channels", "dataset.side",
     "optimizer.beta1", "optimizer.momentum", "dropout_phase.p_train", "topology.training.rule",
     "model", "pruner"],
)  # fmt: skip
def test_all_keys_hold_those_of_every_option(key):
    assert key in all_keys() and list(all_keys()) == sorted(all_keys())


def test_keys_of_a_dataclass_are_dotted_paths():
    keys = keys_of(Config)
    assert "training.batch_size" in keys and "training.budget.rule" in keys
    assert len(keys) == len(set(keys)) and not any(key.endswith(".") for key in keys)


def test_a_composed_run_has_no_key_beside_these(configure):
    from pruning_phases.config.keys import entries

    known = set(all_keys())
    for overrides in ([], ["model=cnn"], ["dataset=gaussian"], ["dropout_phase=grid",
                      "dropout_phase.p_train=[0]", "dropout_phase.p_eval=[0]"]):  # fmt: skip
        found = {entry.path for entry in entries(configure(*overrides, tiny=False))
                 if not entry.is_group}  # fmt: skip
        assert found <= known | {"trainer.options"}, found - known
