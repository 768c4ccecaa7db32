"""Runs are grouped and named by the options in which they differ."""

import numpy as np
import pytest

from pruning_phases.errors import UserError
from pruning_phases.records.names import run_names, systems_of
from pruning_phases.records.run import RunRecord
from pruning_phases.records.select import done_runs, pooled
from tests.support.written_records import PHYSICS, write_run


@pytest.fixture
def write(tmp_path):
    def write_one(run_id, **physics):
        columns = {"accuracy": np.ones((2, 2))}
        return write_run(tmp_path, run_id, np.array([1.0, 0.1]), columns, **physics)

    return write_one


def test_a_system_holds_the_runs_that_differ_only_in_their_seed(write):
    records = [write("a", seed=0), write("b", seed=1), write("c", width=7)]
    assert systems_of(records) == {
        "fc mnist magnitude model.widths=[100,100]": records[:2],
        "fc mnist magnitude model.widths=[7,7]": records[2:],
    }


def test_an_option_that_only_some_runs_have_is_part_of_a_name_if_its_values_differ(write):
    records = [write("a"), write("b", clip=0.5), write("c", clip=0.25, seed=1)]
    assert run_names(records) == {
        "a": "fc mnist magnitude seed=0",
        "b": "fc mnist magnitude seed=0 clip=0.5",
        "c": "fc mnist magnitude seed=1 clip=0.25",
    }


def test_runs_with_equal_options_are_named_by_their_id(write):
    names = run_names([write("a"), write("b")])
    assert names == {"a": "fc mnist magnitude a", "b": "fc mnist magnitude b"}


def test_a_replica_of_one_seed_counts_once(write):
    records = [write("a", seed=0), write("b", seed=0), write("c", seed=1)]
    table = pooled(records, RunRecord.observables)
    assert sorted(set(table["replica"])) == ["0:0", "0:1", "1:0", "1:1"] and len(table) == 8


def test_runs_that_are_not_done_are_left_out(write, tmp_path):
    RunRecord(tmp_path, "written", "begun").begin(PHYSICS, {})
    with pytest.raises(UserError, match=r"none of the 1 runs is done \(running\)"):
        done_runs(str(tmp_path))
    write("a")
    assert [record.id for record in done_runs(str(tmp_path))] == ["a"]
