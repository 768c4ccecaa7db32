"""ResNet-20 and VGG-11, narrow: every kind of pruner, exact counts, and the flow that SynFlow
conserves."""

import numpy as np
import pytest
import torch

from pruning_phases.training.callbacks.prune import network_scores
from tests.support.runs import make
from tests.training.callbacks.test_prune import module_at

MODELS = {
    "resnet20": ["model=resnet20", "model.width=2"],
    "vgg11": ["model=vgg11", "model.width=2"],
}
MIXER = [
    "model=mlp_mixer", "model.patch_size=2", "model.dim=8", "model.depth=1", "model.token_width=4",
    "model.channel_width=8",
]  # fmt: skip
KEYS = {
    "resnet20": ["model.width=3", "model.blocks=1"],
    "vgg11": ["model.width=3"],
    "mlp_mixer": ["model.patch_size=4", "model.dim=9", "model.depth=2", "model.token_width=5",
                  "model.channel_width=9"],
}  # fmt: skip
SMALL = [
    "dataset=digits", "logger=none", "trainer=cpu", "figures=[]", "progress=false",
    "num_replicas=2", "dataset.train_size=60", "training.batch_size=20",
    "training.budget.rule=updates", "training.budget.amount=3", "pruner.schedule=list",
    "pruner.densities=[0.5,0.1,0.02]",
]  # fmt: skip
PRUNERS = ["magnitude", "imp", "snip", "grasp", "synflow"]


@pytest.fixture
def small(configure):
    def composed(model, *overrides):
        base = MODELS.get(model, MIXER)
        return configure(*base, *SMALL, *overrides, tiny=False)

    return composed


@pytest.mark.slow
@pytest.mark.parametrize("pruner", PRUNERS)
@pytest.mark.parametrize("model", MODELS)
def test_every_pruner_runs_to_the_end_with_exact_counts_and_a_graph(small, model, pruner):
    record = make(small(model, f"pruner={pruner}"))
    info, table = record.info(), record.observables()
    assert info["network"]["graph"] == "traced"
    total = info["network"]["num_prunable"]
    for step, density in enumerate((1, 0.5, 0.1, 0.02)):
        rows = table[table["step"] == step]
        assert (rows["num_kept"] == round(total * density)).all()
        assert (rows["effective_density"] <= rows["density"]).all()
    assert np.isfinite(table[["accuracy", "loss", "largest_cluster", "mean_cluster"]]).all(
        axis=None
    )
    assert (table.query("step == 0")["effective_density"] == 1).all()


@pytest.mark.slow
@pytest.mark.parametrize("model", KEYS)
def test_every_key_of_a_model_changes_identity_and_result(small, model):
    records = [make(small(model, "pruner=none", *key.split())) for key in ["", *KEYS[model]]]
    assert len({record.id for record in records}) == len(records)
    contents = {record.observables_file.read_bytes() for record in records}
    assert len(contents) == len(records)


def synflow_sums(config):
    """Layer name -> sum of its scores, [R]."""
    module = module_at(config, 1)
    sizes = {name: mask[0].numel() for name, mask in module.replicas.layer_masks().items()}
    parts = network_scores(module).split(list(sizes.values()), dim=1)
    return dict(zip(sizes, (part.sum(dim=1) for part in parts), strict=True))


def test_synflow_conserves_the_flow_through_every_layer_of_vgg(small):
    sums = list(synflow_sums(small("vgg11", "pruner=synflow")).values())
    assert len(sums) == 9 and (sums[0] > 0).all()
    for flow in sums[1:]:
        torch.testing.assert_close(flow, sums[0], rtol=1e-9, atol=0)


def test_synflow_conserves_the_flow_through_the_branch_of_every_block_of_resnet(small):
    """The branch of a block carries the same flow at both of its layers. The first and the last
    layer, which no shortcut passes by, carry all of it."""
    sums = synflow_sums(small("resnet20", "pruner=synflow"))
    torch.testing.assert_close(sums["conv1"], sums["fc"], rtol=1e-9, atol=0)
    blocks = {name.rpartition(".")[0] for name in sums if "block" in name}
    assert len(blocks) == 9
    for block in blocks:
        flow, again = sums[f"{block}.conv1"], sums[f"{block}.conv2"]
        torch.testing.assert_close(flow, again, rtol=1e-9, atol=0)
        assert (flow > 0).all() and (flow < sums["fc"]).all()
