"""Configurations of the analyses: types, names of order parameters, bounds."""

from dataclasses import dataclass
from typing import Any

import pytest
from omegaconf import OmegaConf

from pruning_phases.analysis.registry import analyses
from pruning_phases.config.analysis import (
    AnalysisConfig,
    num_resampled_key,
    order_parameter_key,
    order_parameters_key,
    seed_key,
    typed,
)
from pruning_phases.errors import UserError


@dataclass
class Example(AnalysisConfig):
    order_parameters: Any = order_parameters_key(["accuracy"])
    order_parameter: str = order_parameter_key("accuracy")
    num_resampled: int = num_resampled_key(500)
    seed: int = seed_key()

    def check(self) -> None:
        if self.seed == 13:
            raise UserError("seed=13: choose another one")


def example(**values):
    return typed(OmegaConf.structured(Example(**values)), Example)


def test_a_configuration_is_an_object_with_its_values():
    found = example(runs="here", order_parameters=["accuracy", "class_order"])
    assert isinstance(found, Example) and found.runs == "here" and found.output_dir is None
    assert found.order_parameters == ["accuracy", "class_order"]


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"order_parameter": "acc"}, "order_parameter=acc: no such order parameter; choose "),
        ({"order_parameters": ["accuracy", "acc"]}, "order_parameters=acc: no such order"),
        ({"order_parameters": []}, "order_parameters is empty: choose some of "),
        ({"num_resampled": 99}, "num_resampled=99: give a number from 100"),
        ({"seed": -1}, "seed=-1: give a number from 0"),
        ({"seed": 13}, "seed=13: choose another one"),
    ],
)
def test_a_wrong_value_is_one_line_with_the_cure(values, said):
    with pytest.raises(UserError) as error:
        example(**values)
    assert str(error.value).startswith(said) and "\n" not in str(error.value)
    assert "accuracy" in str(error.value) or "order_parameter" not in said


@pytest.mark.parametrize("name", sorted(analyses()))
def test_the_defaults_of_every_analysis_pass_its_checks(name):
    kind = analyses()[name].CONFIG
    assert isinstance(typed(OmegaConf.structured(kind(runs="folder")), kind), kind)
