"""Unknown keys are refused wherever they stand."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from omegaconf import MISSING, OmegaConf, open_dict

from pruning_phases.config.unknown import refuse_unknown
from pruning_phases.errors import UserError


@dataclass
class Inner:
    depth: int = 1


@dataclass
class Outer:
    inner: Inner = field(default_factory=Inner)
    free: dict[str, Any] = field(default_factory=dict)
    later: Inner = MISSING
    count: int = MISSING


def composed(path=None):
    node = OmegaConf.structured(Outer)
    if path:
        with open_dict(node):
            OmegaConf.update(node, path, 1, force_add=True)
    return node


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("typo", "typo: no such key; the configuration has count, free, inner, later"),
        ("inner.typo", "inner.typo: no such key; inner has depth"),
    ],
)
def test_an_added_key_is_named_with_its_neighbours(path, said):
    with pytest.raises(UserError) as error:
        refuse_unknown(composed(path))
    assert str(error.value) == said


def test_known_and_missing_keys_and_those_of_dictionaries_are_accepted():
    refuse_unknown(composed())
    refuse_unknown(composed("free.anything"))
    refuse_unknown(composed("inner.depth"))
