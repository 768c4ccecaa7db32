"""Ensembles over p_train and training-set sizes.

A network does not depend on the other members, and chunks do not change an ensemble.
"""

import numpy as np
import pandas as pd
import pytest
import torch

from pruning_phases.config.identity import run_id
from pruning_phases.data.registry import load
from pruning_phases.ensemble.members import Member, in_chunks, members
from pruning_phases.records.run import DONE, RunRecord
from pruning_phases.training.callbacks.record import Record
from pruning_phases.training.checkpoint import replica_tensors
from pruning_phases.training.run import build_module
from tests.support.runs import Killed, make, results

GRID = [
    "dropout_phase=grid", "dropout_phase.p_train=[0,0.5,0.8]", "dropout_phase.p_eval=[0,0.3]",
    "dropout_phase.num_draws=3", "dataset.train_sizes=[50,200]", "training.budget.rule=updates",
    "training.budget.amount=20", "pruner=none",
]  # fmt: skip
KEYS = ["replica", "p_train", "p_eval", "train_size"]


def test_every_combination_is_a_member_once(configure):
    everyone = members(configure(*GRID))
    assert len(set(everyone)) == len(everyone) == 2 * 3 * 2
    assert Member(1, 0.8, 200) in everyone
    for chunk_size, sizes in ((12, [12]), (100, [12]), (5, [4, 4, 4]), (7, [6, 6]), (1, [1] * 12)):
        chunks = in_chunks(everyone, chunk_size)
        assert [len(chunk) for chunk in chunks] == sizes
        assert sum(chunks, []) == everyone


@pytest.mark.slow
@pytest.mark.parametrize("more", [[], ["optimizer.lr=0.01", "pruner=random", "pruner.steps=2"]])
def test_a_network_of_a_grid_is_that_network_alone(configure, more):
    grid = make(configure(*GRID, *more)).observables()
    assert len(grid) == 2 * 3 * 2 * 2 * (3 if more else 1)
    alone = [
        *GRID[4:], "dropout_phase=fixed", "dropout_phase.num_draws=3", "dataset.train_sizes=null",
        "num_replicas=1", "first_replica=1", *more,
    ]  # fmt: skip
    for p_train, p_eval, size in ((0, 0.3, 50), (0.5, 0, 200), (0.8, 0.3, 200)):
        config = configure(
            *alone, f"dropout_phase.p_train={p_train}", f"dropout_phase.p_eval={p_eval}",
            f"dataset.train_size={size}",
        )  # fmt: skip
        rows = grid.query(
            f"replica == 1 and p_train == {p_train} and p_eval == {p_eval} and train_size == {size}"
        )
        rows, own = rows.reset_index(drop=True), make(config).observables()
        if size < 200:  # the training loss is a mean over an epoch of the largest training set
            rows, own = rows.drop(columns="train_loss"), own.drop(columns="train_loss")
        pd.testing.assert_frame_equal(rows, own, rtol=1e-4, atol=1e-5)


def test_every_size_stops_at_its_own_best_loss_as_it_does_alone(configure):
    """With rounds of growing length, which do not depend on the largest training set."""
    plateau = [
        "training.budget.rule=plateau", "training.budget.growth=0.5", "training.budget.patience=2",
        "training.batch_size=10", "optimizer.lr=0.02", "dropout_phase.p_train=[0]",
    ]  # fmt: skip
    grid = make(configure(*GRID, *plateau, "training.budget.amount=50"))
    last = grid.training().groupby(["train_size", "replica"])["update"].max()
    assert (last[50] < last[200]).all() and last.max() < 1000  # before the budget of 50 epochs
    small = ["dataset.train_sizes=[50]", "training.budget.amount=200"]
    alone = make(configure(*GRID, *plateau, *small)).observables()
    rows = grid.observables().query("train_size == 50").reset_index(drop=True)
    pd.testing.assert_frame_equal(rows, alone, rtol=1e-4, atol=1e-5)


def test_an_ensemble_in_chunks_is_the_ensemble(configure):
    """In 1, 2 and 5 chunks: equal initial weights, data orders and dropout masks."""
    config = configure(*GRID)
    dataset = load(config)
    whole = build_module(config, dataset)
    begin = replica_tensors(whole)
    for num_chunks in (2, 5):
        groups = in_chunks(members(config), -(-12 // num_chunks))
        modules = [build_module(config, dataset, group) for group in groups]
        chunks = [replica_tensors(module) for module in modules]
        for name, tensor in begin.items():
            assert (np.concatenate([chunk[name] for chunk in chunks]) == tensor).all()
        for module in (whole, *modules):
            module.source.order.start(module.stream("order"))
        orders = [module.source.order.updates(0, 20) for module in (whole, *modules)]
        assert torch.equal(torch.cat(orders[1:], dim=1), orders[0])
        keys = [module.stream("dropout_train") for module in (whole, *modules)]
        assert torch.equal(torch.cat(keys[1:]), keys[0])


@pytest.mark.slow
@pytest.mark.parametrize(
    ("more", "num_chunks"),
    [
        ([], 2),
        # 30 networks at once train in the vectorized form, chunks of 15 and 6 in the loop.
        pytest.param(["num_replicas=5"], 2, marks=pytest.mark.slow),
        pytest.param(["num_replicas=5"], 5, marks=pytest.mark.slow),
        (["pruner=magnitude", "pruner.steps=2", "pruner.finetune.amount=20"], 4),
    ],
)
def test_results_in_chunks_are_those_in_one(configure, more, num_chunks):
    config = configure(*GRID, *more)
    whole, count = make(config), len(members(config))
    chunk_size = -(-count // num_chunks)
    assert len(in_chunks(members(config), chunk_size)) == num_chunks
    split = make(configure(*GRID, *more, f"trainer.chunk_size={chunk_size}", "study=chunks"))
    assert split.id == whole.id
    for name in ("observables", "layers", "training"):
        tables = [getattr(record, name)() for record in (split, whole)]
        pd.testing.assert_frame_equal(*tables, rtol=1e-4, atol=1e-5)
    assert split.snapshots() == whole.snapshots()
    for name in split.snapshots():
        (tensors, about), (expected, about_whole) = (
            record.read_snapshot(name) for record in (split, whole)
        )
        assert about == about_whole
        for key, tensor in expected.items():
            np.testing.assert_allclose(tensors[key], tensor, rtol=1e-3, atol=1e-4)


@pytest.mark.slow
def test_a_restart_in_one_chunk_leaves_no_file_of_chunks(configure, monkeypatch):
    """Killed before the first checkpoint and restarted in one chunk."""
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Record, "on_train_epoch_end", _die)
        make(configure(*GRID, "trainer.chunk_size=4"))
    record = make(configure(*GRID))
    assert [file.name for file in record.snapshots_folder.iterdir() if "." in file.stem] == []


def _die(*_):
    raise Killed


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chunk", "step"),
    [
        pytest.param(0, 0, marks=pytest.mark.slow),
        (1, 1),
        pytest.param(2, 2, marks=pytest.mark.slow),
    ],
)
def test_chunks_cut_off_anywhere_end_with_the_same_bytes(configure, monkeypatch, chunk, step):
    overrides = [*GRID[:-1], "pruner.steps=2", "checkpoint_seconds=0"]
    chunks = "trainer.chunk_size=4"
    whole = make(configure(*overrides, chunks, "study=whole"))
    write = Record.on_train_epoch_end

    def killed(self, trainer, module):
        write(self, trainer, module)
        if (self.chunk, module.step) == (chunk, step) and module.step_ended:
            raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Record, "on_train_epoch_end", killed)
        make(configure(*overrides, chunks, "study=cut"))
    # A resumed run keeps the chunks that it began with.
    resumed = make(configure(*overrides, "study=cut"))
    assert resumed.state == whole.state == DONE
    assert results(resumed) == results(whole)


@pytest.mark.slow
def test_a_run_cut_off_while_its_tables_are_sorted_resumes(configure, monkeypatch):
    chunks = "trainer.chunk_size=4"
    whole = make(configure(*GRID, chunks, "study=whole"))
    for owner, method in ((Record, "sort_tables"), (RunRecord, "finish")):
        with monkeypatch.context() as patch, pytest.raises(Killed):
            patch.setattr(owner, method, _die)
            make(configure(*GRID, chunks, f"study={method}"))
        assert results(make(configure(*GRID, chunks, f"study={method}"))) == results(whole)


def test_a_network_is_trained_on_as_many_examples_as_its_size_says(configure):
    config = configure(*GRID)
    module = build_module(config, load(config))
    order = module.source.order
    order.start(module.stream("order"))
    batches = order.updates(0, 40)  # [updates, networks, batch]
    for index, member in enumerate(module.group):
        seen = batches[:, index].flatten()
        assert len(seen) >= 4 * member.train_size
        assert len(seen.unique()) == member.train_size
        assert not np.isin(seen.numpy(), module.data.validation.numpy()).any()
    small, large = (
        set(module.data.subset[module.group.index(Member(1, 0.5, size)), :size].tolist())
        for size in (50, 200)
    )
    assert small < large  # the same replica's smaller set is a subset of its larger one


@pytest.mark.parametrize("more", [[], ["num_replicas=5"]], ids=["one by one", "vectorized"])
def test_observables_on_a_network_s_own_training_examples(configure, more):
    noisy = ["dataset.label_noise=0.3", "training.measure_on_train_set=true", *more]
    config = configure(*GRID, *noisy)
    record, dataset = make(config), load(config)
    table = record.observables().query("p_eval == 0").reset_index(drop=True)
    module = build_module(config, dataset)
    tensors, _ = record.read_snapshot("final")
    for row, member in enumerate(module.group):
        own = module.data.subset[row, : member.train_size]
        parameters = {name: torch.from_numpy(tensors[name][row]) for name in module.replicas.names}
        module.replicas.eval()
        p = module.replicas.alone(row)(parameters, module.data.train_images(own)).softmax(dim=-1)
        given = torch.from_numpy(dataset.train_labels)[own]
        clean = torch.from_numpy(dataset.clean_labels)[own]
        assert table["train_accuracy"][row] == (p.argmax(dim=-1) == given).double().mean()
        noise = [p[i, given[i]] - p[i, clean[i]] for i in range(len(own))]
        assert table["noise_correlation"][row] == pytest.approx(float(np.mean(noise)), abs=1e-5)
    assert (record.observables().groupby(["replica", "p_train", "train_size"])["train_accuracy"]
            .nunique() == 1).all()  # fmt: skip
    training = record.training()
    assert (training.groupby("step")["update"].max() > 0).all()
    looked = training.dropna(subset="train_accuracy").query("step == 0")
    ends = looked.sort_values("update").groupby(["replica", "p_train", "train_size"]).last()
    at_end = table.set_index(["replica", "p_train", "train_size"]).loc[ends.index]
    for name in ("train_accuracy", "noise_correlation"):
        assert (ends[name] == at_end[name]).all()
    assert looked["update"].nunique() > 1


@pytest.mark.slow
def test_the_error_of_the_mean_over_mask_draws(configure):
    # The networks of one replica meet the same masks, so there is one of each here.
    few = [*GRID, "num_replicas=16", "dropout_phase.p_train=[0.5]", "dataset.train_sizes=[200]"]
    table = make(configure(*few, "dropout_phase.num_draws=20")).observables()
    exact, averaged = table.query("p_eval == 0"), table.query("p_eval > 0")
    for name in ("loss", "accuracy"):
        assert (exact[f"{name}_draw_error"] == 0).all()
        assert (averaged[f"{name}_draw_error"] > 0).all()
    again = make(configure(*few, "dropout_phase.num_draws=80")).observables()
    shift = again.query("p_eval > 0")["loss"] - averaged["loss"]
    # The first 20 of the 80 draws are those above: the means differ by sqrt(1/20 - 1/80).
    expected = averaged["loss_draw_error"] * np.sqrt(3 / 4)
    assert 0.6 < np.sqrt(((shift / expected) ** 2).mean()) < 1.5
    one = make(configure(*few, "dropout_phase.num_draws=1")).observables()
    assert one.query("p_eval > 0")["loss_draw_error"].isna().all()


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("dropout_phase.p_train=[0,1]", r"dropout_phase\.p_train=1\.0: .*below 1"),
        ("dropout_phase.p_eval=[]", r"dropout_phase\.p_eval=\[\]: give one rate"),
        ("dataset.train_sizes=[]", r"dataset\.train_sizes=\[\]: give a list of whole"),
        ("dataset.train_sizes=[50,5000]", r"dataset\.train_sizes=5000: .* give 1 to"),
        ("training.budget.rule=epochs", r"choose the rule updates or plateau"),
        ("trainer.chunk_size=0", r"trainer\.chunk_size=0: give a number from 1"),
    ],
)
def test_impossible_combinations_are_refused(configure, override, said):
    with pytest.raises(Exception, match=said):
        make(configure(*GRID, override))


def test_order_and_repetition_in_a_list_do_not_matter(configure):
    one = configure(*GRID, "dropout_phase.p_eval=[0.3,0,0.3]", "dataset.train_sizes=[200,50]")
    assert run_id(one) == run_id(configure(*GRID))
