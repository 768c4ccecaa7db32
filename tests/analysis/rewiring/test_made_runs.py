"""Families of graphs that are really trained: compared network by network."""

import json

import numpy as np
import pytest

from pruning_phases.analysis.rewiring.fit import excess
from pruning_phases.analysis.rewiring.read import final_loss, trained_families
from tests.support.commands import command
from tests.support.runs import make


@pytest.mark.slow
def test_the_families_are_compared_network_by_network(on):
    studies = [make(on(family, "study=families")) for family in ("original", "random")]
    original, random = trained_families(studies)
    assert (original.family, random.family) == ("original", "random")
    mean, error = excess(random, original, "final_training_loss")
    difference = [
        [final_loss(record.training().query("replica == @r")) for r in (0, 1)]
        for record in studies
    ]  # fmt: skip
    difference = np.diff(difference, axis=0)[0]
    assert mean == pytest.approx(difference.mean())
    assert error == pytest.approx(abs(np.diff(difference)[0]) / 2)


@pytest.mark.slow
def test_results_hold_the_contract(on, tmp_path):
    records = [make(on(family, "study=families")) for family in ("original", "rewired")]
    folder = records[0].folder.parent
    result = command("rewiring", f"runs={folder}", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    content = json.loads((folder / "rewiring.json").read_text())
    assert [row["family"] for row in content] == ["original", "rewired"]
    for row in content:
        assert {"density", "family", "final_training_loss", "accuracy"} <= set(row)
        assert set(row["accuracy"]) == {"value", "error"}
        assert row["num_networks"] == 2
    (layers,) = content[1]["swaps"]
    assert max(layer["tried_per_edge"] for layer in layers.values()) >= 20 * 0.8
    assert all({"levelled_off", "overlap"} <= set(layer) for layer in layers.values())
    for name in ("rewiring.png", "rewiring.pdf"):
        assert (folder / name).stat().st_size > 5000
    (pruned,) = {path.parent for path in folder.glob("*/checkpoint*")} or {None}
    assert pruned is None
    source = [path for path in folder.iterdir() if (path / "run.json").exists()]
    assert len(source) == 3
    only = [path for path in source if path.name not in {record.id for record in records}]
    bad = command("rewiring", f"runs={only[0]}", cwd=tmp_path)
    assert bad.returncode == 2 and len(bad.stderr.strip().splitlines()) == 1
    assert "none of the 1 finished runs is on a topology" in bad.stderr


@pytest.mark.slow
def test_compared_runs_differ_in_the_family_alone_and_networks_count_once(on):
    """Other budgets are other systems; a replica in two runs is one; seeds are pooled."""
    study = "study=mixed"
    records = [
        make(on(family, study, f"topology.training.amount={amount}"))
        for amount in (20, 40)
        for family in ("original", "random")
    ]
    found = trained_families(records)
    assert len({entry.system for entry in found}) == 2
    more = [make(on("original", study, "topology.training.amount=20", *overrides))
            for overrides in (["num_replicas=3"], ["seed=1"])]  # fmt: skip
    (pooled,) = [
        entry for entry in trained_families([*records, *more]) if entry.system == found[0].system
        and entry.family == "original"
    ]  # fmt: skip
    # Two networks of seed 0; a third one of its own source of three; two of seed 1.
    assert len(pooled.finals) == 5 and pooled.num_graphs == 1
