"""Pruners before, during and after training: scores, exact counts, weights to train from."""

from itertools import pairwise

import numpy as np
import pytest
import torch

from pruning_phases.config.conf_folder import conf_dir
from pruning_phases.config.enums import Stage
from pruning_phases.config.identity import physics, pruner_name
from pruning_phases.data.registry import load
from pruning_phases.errors import RunError, UserError
from pruning_phases.records.snapshots import INITIAL
from pruning_phases.training.callbacks import prune as callback
from pruning_phases.training.callbacks.prune import network_scores, prune, score_examples
from pruning_phases.training.run import build_module
from tests.conftest import CNN
from tests.support.runs import make
from tests.support.slow_cases import slow

AT_INITIALIZATION = [
    "random_init", "magnitude_init", "snip", "iterative_snip", "force", "grasp", "prospr", "synflow"
]  # fmt: skip
ALL = [*AT_INITIALIZATION, "imp", "magnitude_one_shot"]
DENSITIES = ["pruner.schedule=list", "pruner.densities=[0.5,0.1,0.02]"]


def module_at(config, step):
    """The networks at the beginning of a step, untrained."""
    module = build_module(config, load(config))
    for stage in config.pruner.stages():
        module.keep_stage(stage)
    module.replicas.attach(vectorized=False)
    module.step = step
    return module


@pytest.mark.parametrize("more", [[], *slow(CNN)], ids=["fc", "cnn"])
@pytest.mark.parametrize("pruner", ALL)
def test_every_step_prunes_exactly_and_trains_from_its_stage(configure, monkeypatch, pruner, more):
    """The weights at the beginning of a step's training are, to the bit, those of its stage."""
    from pruning_phases.training.callbacks.prune import Prune

    begun = {}
    original = Prune.on_train_epoch_start

    def watched(self, trainer, module):
        original(self, trainer, module)
        if module.step and module.round == 0:
            begun[module.step] = {
                name: module.replicas.stacked(name).detach().clone().numpy()
                for name in module.replicas.names
            }
            assert not module.optimizer.state

    monkeypatch.setattr(Prune, "on_train_epoch_start", watched)
    snapshots = "snapshots=[0.5,0.1]"
    record = make(configure(f"pruner={pruner}", *DENSITIES, snapshots, *more))
    name_of_stage = "step_00000" if pruner == "magnitude_one_shot" else INITIAL
    stage, _ = record.read_snapshot(name_of_stage)
    num_prunable = record.info()["network"]["num_prunable"]
    for step, name in ((1, "step_00001"), (2, "step_00002"), (3, "final")):
        tensors, _ = record.read_snapshot(name)
        for parameter, weights in begun[step].items():
            mask = tensors.get(f"mask:{parameter}", np.ones_like(weights))
            np.testing.assert_array_equal(weights, stage[parameter] * mask)
        kept = sum(mask.reshape(2, -1).sum(axis=1) for key, mask in tensors.items() if ":" in key)
        assert (kept == round(num_prunable * (0.5, 0.1, 0.02)[step - 1])).all()
    table = record.observables()
    assert np.isfinite(table[["accuracy", "loss", "prediction_entropy"]]).all(axis=None)
    assert (np.diff(table["num_kept"].unique()) < 0).all()


def test_imp_rewinds_to_the_given_update(configure):
    """Rewound to update 3 is what three updates of dense training alone leave."""
    record = make(configure("pruner=imp", "pruner.rewind_update=3", *DENSITIES))
    short = ["pruner=none", "training.budget.rule=updates", "training.budget.amount=3"]
    alone, _ = make(configure(*short)).read_snapshot("step_00000")
    rewind, _ = record.read_snapshot("rewind")
    assert set(rewind) == {name for name in alone if ":" not in name}
    for name, weights in rewind.items():
        np.testing.assert_array_equal(weights, alone[name])


@pytest.mark.parametrize(
    ("budget", "updates"),
    [
        (["training.budget.rule=updates", "training.budget.amount=3"], 3),
        (["training.budget.rule=epochs", "training.budget.amount=2"], 8),
        (["training.budget.rule=plateau", "training.budget.amount=2"], 8),
    ],
)  # fmt: skip
def test_a_rewind_beyond_the_dense_training_is_refused_before_it(configure, budget, updates):
    for late in (updates, updates + 5):
        said = rf"^pruner\.rewind_update={late}: .* {updates} updates .*: give 0 to {updates - 1},"
        with pytest.raises(UserError, match=said):
            make(configure("pruner=imp", f"pruner.rewind_update={late}", *budget, *DENSITIES))
    make(configure("pruner=imp", f"pruner.rewind_update={updates - 1}", *budget, *DENSITIES))


@pytest.mark.parametrize("chunk", [1, 2])
def test_an_early_stop_before_the_update_to_rewind_to_ends_the_run(configure, chunk):
    """With min_delta=0.99 every replica stops after its second epoch of four updates."""
    early = ["training.budget.rule=plateau", "training.budget.amount=50",
             "training.budget.patience=1", "training.budget.min_delta=0.99"]  # fmt: skip
    config = configure("pruner=imp", "pruner.rewind_update=8", *early, *DENSITIES,
                       f"trainer.chunk_size={chunk}")  # fmt: skip
    stopped = r"replica 0(, 1)? stopped early after 8 updates: give 7 or less"
    with pytest.raises(RunError, match=rf"^pruner\.rewind_update=8: .*{stopped}"):
        make(config)
    make(configure("pruner=imp", "pruner.rewind_update=7", *early, *DENSITIES))


@pytest.mark.slow
@pytest.mark.parametrize("more", [[], CNN], ids=["fc", "cnn"])
@pytest.mark.parametrize("pruner", ["snip", "force", "grasp", "prospr", "synflow"])
def test_scores_of_a_replica_in_an_ensemble_of_8_are_those_of_the_network_alone(
    configure, pruner, more
):
    overrides = [f"pruner={pruner}", "dropout_phase=fixed", *DENSITIES, *more]
    together = module_at(configure(*overrides, "num_replicas=8"), 1)
    found = network_scores(together)
    assert len(found.unique(dim=0)) == 8
    for r in (0, 3, 7):
        alone = module_at(configure(*overrides, "num_replicas=1", f"first_replica={r}"), 1)
        assert torch.equal(network_scores(alone)[0], found[r])
    prune(together)
    prune(alone)
    for layer, mask in alone.replicas.layer_masks().items():
        assert torch.equal(mask[0], together.replicas.layer_masks()[layer][7])


def test_scores_use_a_replica_s_own_examples(configure):
    module = module_at(configure("pruner=snip", "pruner.score_examples=50", *DENSITIES), 1)
    for r in range(2):
        chosen = score_examples(module, r)
        assert len(chosen.unique()) == 50
        assert np.isin(chosen, module.data.subset[r, : module.data.sizes[r]]).all()
    few = module_at(configure("pruner=snip", "pruner.score_examples=5000", *DENSITIES), 1)
    assert len(score_examples(few, 0)) == 200  # the full training set


def test_one_round_of_force_and_of_iterative_snip_is_snip(configure):
    masks = {}
    for pruner in ("snip", "force", "iterative_snip"):
        rounds = [] if pruner == "snip" else ["pruner.score_rounds=1"]
        module = module_at(configure(f"pruner={pruner}", *rounds, *DENSITIES), 1)
        prune(module)
        masks[pruner] = module.replicas.layer_masks()
    for layer, mask in masks["snip"].items():
        assert torch.equal(mask, masks["force"][layer])
        assert torch.equal(mask, masks["iterative_snip"][layer])


def test_weights_come_back_between_the_rounds_of_force_alone(configure, monkeypatch):
    back = {}
    for pruner in ("force", "iterative_snip"):
        module = module_at(configure(f"pruner={pruner}", *DENSITIES), 1)
        rounds = []

        def counted(module, num_kept, whole, rounds=rounds, cut_to=callback._cut_to):
            cut_to(module, num_kept, whole)
            masks = module.replicas.layer_masks().values()
            rounds.append(torch.cat([mask.flatten(1) for mask in masks], dim=1))
            assert (rounds[-1].sum(dim=1) == num_kept).all()

        with monkeypatch.context() as patch:
            patch.setattr(callback, "_cut_to", counted)
            prune(module)
        assert len(rounds) == 10
        back[pruner] = sum(int((later & ~earlier).sum()) for earlier, later in pairwise(rounds))
    assert back["force"] > 0 and back["iterative_snip"] == 0


@pytest.mark.parametrize("pruner", ["synflow", "iterative_snip", "force"])
def test_the_rounds_of_a_step_go_on_from_the_network_as_it_was_pruned(configure, pruner):
    """One weight fewer: one of the lowest score of the initial network under the mask before."""
    module = module_at(configure(f"pruner={pruner}", "pruner.schedule=counts",
                                 "pruner.counts=[200,199]"), 1)  # fmt: skip
    prune(module)
    replicas = module.replicas
    masks = {layer: mask.clone() for layer, mask in replicas.layer_masks().items()}
    dense = {name: replicas.stacked(name).clone() for name in replicas.layer_of}
    for name, tensor in module.stages[Stage.initial].items():
        if name in dense:
            dense[name] = tensor.clone()
    scores = network_scores(module, dense)
    scores[~torch.cat([mask.flatten(1) for mask in masks.values()], dim=1)] = torch.inf
    module.step = 2
    prune(module)
    before, after = (
        torch.cat([mask.flatten(1) for mask in some.values()], dim=1)
        for some in (masks, replicas.layer_masks())
    )
    for r in range(2):
        (removed,) = (before[r] & ~after[r]).nonzero().flatten().tolist()
        assert scores[r, removed] == scores[r].min()


@pytest.mark.parametrize("density", [0.5, 0.05, 0.02])
def test_synflow_avoids_layer_collapse(configure, density):
    """At every density of the list, 100 rounds keep weights in every layer."""
    overrides = ["pruner=synflow", "pruner.schedule=list", f"pruner.densities=[{density}]"]
    smallest = {}
    for rounds in (1, 100):
        module = module_at(configure(*overrides, f"pruner.score_rounds={rounds}"), 1)
        prune(module)
        left = [mask.flatten(1).sum(dim=1) for mask in module.replicas.layer_masks().values()]
        smallest[rounds] = min(int(count.min()) for count in left)
        assert sum(left).unique().tolist() == [*set(module.num_kept)]
    assert smallest[100] > 0


def test_names_of_pruners_are_those_of_their_options(configure, tmp_path):
    from pathlib import Path

    (tmp_path / "predictor.safetensors").touch()

    options = sorted(path.stem for path in (Path(conf_dir()) / "pruner").glob("*.yaml"))
    assert set(ALL) < set(options)
    for option in options:
        words = [f"pruner={option}", f"pruner.teacher={tmp_path}"]
        assert pruner_name(physics(configure(*words))["pruner"]) == option


@pytest.mark.parametrize(
    ("overrides", "said"),
    [
        (
            ["pruner=synflow", "pruner.score_rounds=0"],
            r"pruner\.score_rounds=0: give a number from 1",
        ),
        (
            ["pruner=imp", "pruner.rewind_update=-1"],
            r"pruner\.rewind_update=-1: give a number from 0",
        ),
        (["pruner=snip", "pruner.rewind_update=5"], r"pruner\.rewind_update=5: .*: give 0"),
        (["pruner.scored_on=initial"], r"choose pruner\.trains_from=initial or trained"),
    ],
)
def test_impossible_combinations_are_refused(configure, overrides, said):
    with pytest.raises(UserError, match=said):
        configure(*overrides)


def test_layer_collapse_is_recorded(configure):
    """Magnitude at initialization leaves the layer of the smallest weights without any; the tables
    hold finite numbers all the same."""
    few = ["pruner.schedule=list", "pruner.densities=[0.02]"]
    record = make(configure("pruner=magnitude_init", *few))
    layers = record.layers().query("step == 1 and layer != 'all'")
    assert (layers["num_kept"] == 0).any()
    assert np.isfinite(record.observables()[["accuracy", "loss", "largest_cluster"]]).all(axis=None)
    assert (record.observables().query("step == 1")["effective_density"] == 0).any()


@pytest.mark.parametrize("pruner", ["snip", "grasp"])
def test_a_score_of_no_examples_is_refused(configure, pruner):
    with pytest.raises(UserError, match=r"pruner\.score_examples=0: give a number from 1"):
        configure(f"pruner={pruner}", "pruner.score_examples=0")


def test_a_layer_whose_count_stays_is_not_cut(configure):
    words = ["pruner.scope=layer", "pruner.schedule=list", "pruner.densities=[0.99]"]
    config = configure(*words, "model.depth=2", "model.widths=[3]", tiny=False)
    module = module_at(config, step=1)
    prune(module)
    first, last = module.replicas.layer_masks().values()
    assert last[0].numel() == 30 and last.all()  # 29.7 is rounded to 30
    assert (first.flatten(1).sum(dim=1) == module.num_kept - 30).all()
