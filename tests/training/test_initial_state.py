"""Training on a pruned run's masks, and on random masks that share a property with them."""

import json
import shutil

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from pruning_phases.analysis.rewiring.read import trained_families
from pruning_phases.cli.train import make_run
from pruning_phases.config.enums import FAMILIES, Family
from pruning_phases.errors import Busy, UserError
from pruning_phases.records.run import DONE
from pruning_phases.records.snapshots import FINAL, INITIAL
from pruning_phases.training.callbacks.record import Record
from pruning_phases.training.source_run import source_of
from tests.conftest import CNN, SNAPSHOTS
from tests.support.runs import Killed, make, results
from tests.support.slow_cases import slow


def masks(record, snapshot):
    """Parameter name -> [networks, out-nodes, in-nodes] bool."""
    tensors, _ = record.read_snapshot(snapshot)
    return {
        name.removeprefix("mask:"): mask.reshape(*mask.shape[:2], -1).astype(bool)
        for name, mask in tensors.items()
        if name.startswith("mask:")
    }


KEPT = {
    "original": lambda graph: graph,
    "reinitialized": lambda graph: graph,
    "rewired": lambda graph: [*graph.sum(1).ravel(), *graph.sum(2).ravel()],
    "random": lambda graph: graph.sum((1, 2)),
    "in_degrees": lambda graph: graph.sum(2),
    "out_degrees": lambda graph: graph.sum(1),
    "active_nodes": lambda graph: [*graph.any(1).ravel(), *graph.any(2).ravel()],
}


@pytest.mark.parametrize("more", [[], *slow(CNN)], ids=["fc", "cnn"])
@pytest.mark.parametrize("family", FAMILIES)
def test_masks_keep_the_property_of_their_family_and_weights_are_the_source_s(
    on, configure, family, more
):
    record = make(on(family, *more))
    source = make(configure(SNAPSHOTS, *more))  # made by now, so this finds it
    assert source.state == DONE and len(source.info()["segments"]) == 1
    about = record.info()["topology"]
    theirs, ours = masks(source, about["snapshot"]), masks(record, INITIAL)
    for name, graph in theirs.items():
        np.testing.assert_array_equal(KEPT[family](ours[name]), KEPT[family](graph))
        assert (ours[name].sum((1, 2)) == graph.sum((1, 2))).all()
        if family not in ("original", "reinitialized") and graph.sum() > 50 and graph.mean() < 0.9:
            assert (ours[name] != graph).any()
    begun, _ = record.read_snapshot(INITIAL)
    first, _ = source.read_snapshot(INITIAL)
    for name, weights in first.items():
        if not name.startswith("mask:"):
            own = ours.get(name)
            masked = weights if own is None else weights * own.reshape(weights.shape)
            if family != "reinitialized":
                np.testing.assert_array_equal(begun[name], masked)
            elif own is not None:
                kept = own.reshape(weights.shape)
                assert (begun[name][kept] != masked[kept]).all() and not begun[name][~kept].any()
    ended, _ = record.read_snapshot(FINAL)
    for name, graph in ours.items():
        weights = ended[name].reshape(graph.shape)
        assert (weights[~graph] == 0).all()
        assert (weights[graph] != 0).any() or not graph.any()
    table = record.observables()
    assert (table["num_kept"] == sum(graph[0].sum() for graph in theirs.values())).all()
    assert record.info()["physics"]["pruner"] == {"score": "none"}
    assert record.training()["update"].max() == 30


@pytest.mark.slow
def test_a_network_is_itself_alone_in_an_ensemble_and_in_chunks(on, configure):
    together = make(on("rewired"))
    reinitialized = [
        make(on("reinitialized", *more)) for more in ([], ["num_replicas=1", "first_replica=1"])
    ]
    for name, weights in reinitialized[1].read_snapshot(INITIAL)[0].items():
        np.testing.assert_array_equal(reinitialized[0].read_snapshot(INITIAL)[0][name][1:], weights)
    source = make(configure(SNAPSHOTS))
    where = f"topology.run={source.folder}"
    alone = make(on("rewired", where, "num_replicas=1", "first_replica=1"))
    split = make(on("rewired", where, "trainer.chunk_size=1", "study=split"))
    assert split.id == together.id != alone.id
    for name, graph in masks(together, INITIAL).items():
        np.testing.assert_array_equal(masks(alone, INITIAL)[name], graph[1:])
        np.testing.assert_array_equal(masks(split, INITIAL)[name], graph)
    for table in ("observables", "training"):
        whole = getattr(together, table)()
        own = whole.query("replica == 1").reset_index(drop=True)
        pd.testing.assert_frame_equal(getattr(alone, table)(), own, rtol=1e-4, atol=1e-5)
        pd.testing.assert_frame_equal(getattr(split, table)(), whole, rtol=1e-4, atol=1e-5)


def test_additional_replicas_are_additional_masks_of_the_source_s_networks(on, configure):
    source = make(configure(SNAPSHOTS))
    record = make(on("rewired", f"topology.run={source.folder}", "num_replicas=5"))
    theirs = masks(source, record.info()["topology"]["snapshot"])
    for name, graphs in masks(record, INITIAL).items():
        for r, graph in enumerate(graphs):
            np.testing.assert_array_equal(graph.sum(0), theirs[name][r % 2].sum(0))
        if graphs[0].sum() > 50:
            assert (graphs[0] != graphs[2]).any() and (graphs[2] != graphs[4]).any()
    (trained,) = trained_families([record])
    assert len(trained.finals) == 2 and trained.num_graphs == 2.5


@pytest.mark.slow
def test_identity_depends_on_the_source_and_the_mask_not_on_a_path(on, configure, tmp_path):
    made = make(on("original"))
    source = make(configure(SNAPSHOTS))
    moved = tmp_path / "elsewhere" / source.id
    shutil.copytree(source.folder, moved)
    rounded = "topology.density=0.1412"
    for overrides in ([f"topology.run={moved}"], [f"topology.run={moved}", rounded]):
        again = make(on("original", "study=again", *overrides))
        assert again.id == made.id
        shutil.rmtree(again.folder)
    assert results(make(on("original", "study=again"))) == results(made)
    lower = [f"topology.run={moved}", "topology.density=0.02"]
    others = [on("random"), on("original", *lower), on("original", "seed=1")]
    more = on("original", "snapshots=[0.2,0.05,0.4]", "study=again")
    assert make(more).id == made.id  # what else the pruned run keeps does not matter
    assert len({made.id, *(make(other).id for other in others)}) == 4


def test_a_source_that_another_process_makes_is_waited_for(on, monkeypatch):
    monkeypatch.setattr("pruning_phases.training.source_run.SECONDS_BETWEEN_LOOKS", 0)
    looks = []

    def busy_twice(config, console):
        looks.append(config)
        if len(looks) < 3:
            raise Busy("being written")
        return make_run(config, console)

    assert source_of(on("rewired"), busy_twice, Console(quiet=True)).state == DONE
    assert len(looks) == 3 and looks[0].topology.family is Family.dense


@pytest.mark.slow
def test_impossible_combinations_are_refused(on, configure, tmp_path):
    source = make(configure(SNAPSHOTS))
    grid = make(configure(SNAPSHOTS, "dataset.train_sizes=[50,100]", "study=grid"))
    unfinished = shutil.copytree(source.folder, tmp_path / "unfinished" / source.id)
    info = json.loads((unfinished / "run.json").read_text()) | {"state": "running"}
    (unfinished / "run.json").write_text(json.dumps(info))
    here = f"topology.run={source.folder}"
    for overrides, said in (
        (["topology.run=nowhere"], r"topology\.run=nowhere: there is no such folder"),
        ([f"topology.run={tmp_path}"], r": 3 pruned runs are in there .*: give the folder of one"),
        ([f"topology.run={unfinished}"], r"that run is not done \(running\)"),
        ([here, "topology.density=0.4"], r"topology\.density=0\.4: .* has snapshots at 1, 0\.141"),
        (["topology.density=0.1"], r"topology\.density=0\.1: not among snapshots=\[0\.2, 0\.05\]"),
        (["topology.density=0.001"], r"topology\.density=0\.001: the schedule goes down to 0\.02"),
        (["dataset.train_sizes=[50,100]"], r"has one p_train and one training-set size: leave"),
        ([here, "topology.density=2"], r"topology\.density=2\.0: give a number above 0"),
        ([here, "model.widths=[20,16,13]"], r"layers of 20x64, .*13x16, 10x13: give the model"),
        ([f"topology.run={grid.folder}"], r"holds networks of several p_train"),
        (["pruner=none"], r"topology\.run has no value: give a pruned run's folder"),
        ([here, "topology.swaps_per_edge=0"], r"topology\.swaps_per_edge=0\.0: give a number"),
        ([here, "topology.training.amount=0"], r"topology\.training\.amount=0: give 1 or more"),
    ):
        with pytest.raises(UserError, match=said) as caught:
            make(on("rewired", *overrides))
        assert "\n" not in str(caught.value)


def test_a_pruned_run_that_ends_without_weights_can_be_a_source(on):
    overrides = ["pruner.schedule=list", "pruner.densities=[0.2,0.05,0]"]
    assert make(on("original", *overrides)).state == DONE


@pytest.mark.slow
def test_a_run_on_a_topology_cut_off_anywhere_ends_with_the_same_bytes(on, monkeypatch):
    chunks = "trainer.chunk_size=1"
    whole = make(on("rewired", chunks, "study=whole"))
    for chunk in (0, 1):
        write = Record.on_train_epoch_end

        def killed(self, trainer, module, write=write, chunk=chunk):
            write(self, trainer, module)
            if self.chunk == chunk and module.density < 1:
                raise Killed

        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(Record, "on_train_epoch_end", killed)
            make(on("rewired", chunks, f"study=cut{chunk}"))
        assert results(make(on("rewired", chunks, f"study=cut{chunk}"))) == results(whole)


@pytest.mark.slow
def test_every_option_of_a_topology_changes_identity_and_result(on):
    plateau = ["topology.training.rule=plateau", "topology.training.amount=4"]
    seen: dict[bytes, list[str]] = {}
    ids = set()
    for overrides in (
        [], ["topology.swaps_per_edge=1"], ["topology.training.amount=20"], ["seed=1"],
        ["topology.training.rule=epochs", "topology.training.amount=4"], plateau,
        [*plateau, "topology.training.patience=1", "topology.training.min_delta=0.5"],
    ):  # fmt: skip
        record = make(on("rewired", *overrides))
        content = record.observables_file.read_bytes()
        assert content not in seen, f"{overrides} gives the numbers of {seen.get(content)}"
        seen[content] = overrides
        ids.add(record.id)
    assert len(ids) == len(seen)
    # Active nodes move edges as often as swaps_per_edge says; of the others it is no part.
    many = make(on("active_nodes")), make(on("active_nodes", "topology.swaps_per_edge=1"))
    assert many[0].id != many[1].id
    assert make(on("random")).id == make(on("random", "topology.swaps_per_edge=1")).id
