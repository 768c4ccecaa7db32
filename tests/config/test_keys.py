"""Facts beside the keys: bounds, their words, and the entries of a configuration."""

from dataclasses import dataclass, field

import pytest

from pruning_phases.config.keys import (
    Key,
    bounds_text,
    declared,
    entries,
    key,
    refuse_out_of_bounds,
)
from pruning_phases.errors import UserError


@dataclass
class Inner:
    fraction: float = key(0.5, "a fraction", above=0, below=1)
    switch: bool = key(True, "a switch", at_least=5)


@dataclass
class Outer:
    count: int | None = key(None, "a count", at_least=1)
    values: list[float] = key([0.5], "values", at_least=0, at_most=1)
    inner: Inner = key(Inner, "a group", machine=True, has_effect=lambda root, _: root.on)
    on: bool = True
    plain: Inner = field(default_factory=Inner)


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        (Key(), "a finite number"),
        (Key(at_least=1), "1 or more"),
        (Key(at_least=1, optional=True), "1 or more, or null"),
        (Key(at_least=1, at_most=10**6), "a number from 1 to 1000000"),
        (Key(above=0), "a number above 0"),
        (Key(at_most=1), "a number up to 1"),
        (Key(below=1), "a number below 1"),
        (Key(at_least=0, below=1), "a number from 0 to below 1"),
        (Key(at_least=0, at_most=1), "a number from 0 to 1"),
        (Key(above=0, below=1), "a number above 0 and below 1"),
        (Key(above=0, at_most=1), "a number above 0 and up to 1"),
    ],
)
def test_bounds_are_said_in_words(facts, said):
    assert bounds_text(facts) == said


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (Outer(count=0), "count=0: give 1 or more, or null"),
        (Outer(values=[0.5, 2.0]), "values=2.0: give a number from 0 to 1"),
        (Outer(plain=Inner(fraction=0.0)), "plain.fraction=0.0: give a number above 0 and below 1"),
        (Outer(plain=Inner(fraction=float("nan"))), "plain.fraction=nan: give a number above 0"),
        (Outer(inner=Inner(fraction=1.0), on=False), "inner.fraction=1.0: give"),
    ],
    ids=str,
)
def test_a_number_outside_its_bounds_is_refused_with_or_without_effect(config, said):
    with pytest.raises(UserError) as error:
        refuse_out_of_bounds(config)
    assert str(error.value).startswith(said)


def test_switches_and_null_have_no_bounds():
    refuse_out_of_bounds(Outer())


def test_groups_pass_on_effect_and_machine():
    found = {entry.path: entry for entry in entries(Outer(on=False))}
    assert list(found) == [
        "count", "values", "inner", "inner.fraction", "inner.switch", "on", "plain",
        "plain.fraction", "plain.switch",
    ]  # fmt: skip
    assert found["inner"].is_group and not found["inner.fraction"].is_group
    assert found["inner.fraction"].machine and not found["inner.fraction"].effective
    assert found["plain.fraction"].effective and not found["plain.fraction"].machine
    assert all(entry.effective for entry in entries(Outer()))


def test_declared_keys_have_paths_facts_and_defaults():
    found = {path: (facts, default) for path, facts, default in declared(Outer, "at.")}
    assert found["at.count"] == (Key("a count", optional=True, at_least=1), None)
    assert found["at.values"][1] == [0.5]
    assert found["at.inner.fraction"][0].machine and not found["at.plain.fraction"][0].machine


def test_default_lists_are_not_shared():
    first, second = Outer(), Outer()
    first.values.append(1.0)
    assert second.values == [0.5]
