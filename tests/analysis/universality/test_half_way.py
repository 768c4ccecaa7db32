"""The line with the half-way density that ends a run."""

import numpy as np

from pruning_phases.analysis.universality.half_way import half_way_line
from tests.analysis.universality.test_universality import DENSITY, accuracy
from tests.support.commands import command
from tests.support.written_records import write_run


def test_the_line_quotes_the_numbers_of_universality(tmp_path):
    record = write_run(tmp_path, "run", DENSITY, {"accuracy": accuracy(200)}, 200)
    line = half_way_line(record)
    assert line.startswith("half of the accuracy above chance is lost at a density of ")
    kept = line.rpartition(", ")[2].removesuffix(" surviving weights")
    assert 140 < float(kept.partition("(")[0]) < 160
    shown = command("universality", f"runs={record.folder}", cwd=tmp_path).stdout
    assert kept in shown


def test_what_is_not_determined_has_a_reason(tmp_path):
    kept = np.broadcast_to(0.9 + np.arange(4)[:, None] / 100, (4, len(DENSITY)))
    whole = write_run(tmp_path, "whole", DENSITY, {"accuracy": kept}, 200)
    one = write_run(tmp_path, "one", DENSITY, {"accuracy": accuracy(200)[:1]}, 200)
    assert "does not fall below 0.5 of the dense network's" in half_way_line(whole)
    assert "train with a pruner and num_replicas=2 or more" in half_way_line(one)
