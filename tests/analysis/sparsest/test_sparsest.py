"""The sparsest networks of planted searches: counts, fronts, winners, success rates."""

import json

import numpy as np
import pandas as pd
import pytest
from safetensors.numpy import load_file
from scipy import stats

from pruning_phases.analysis.sparsest.fit import front, success_rate
from pruning_phases.analysis.sparsest.measured import measured
from pruning_phases.analysis.sparsest.read import read_networks
from pruning_phases.data.cubist_spiral import CubistSpiralConfig, load
from pruning_phases.pruning.predictor import outputs
from pruning_phases.records.run import RunRecord
from pruning_phases.records.snapshots import FINAL
from pruning_phases.topology.enumeration import network_supports
from tests.support.commands import command
from tests.support.nonzeros import nonzeros
from tests.support.runs import make
from tests.support.written_records import write_run

SIZES = (2, 3, 2, 2, 1)
SPIRAL = [
    "dataset=cubist_spiral", "dataset.points_per_class=200", "dataset.train_size=null",
    "pruner=none", "model.outputs=1", "model.depth=4", "training.budget.rule=updates",
    "figures=[]",
]  # fmt: skip
LAYERS = {f"fc{i + 1}": [SIZES[i + 1], SIZES[i]] for i in range(4)}


def write_search(
    results_dir, run_id="search", numbers=range(416), accuracy=None, family="supports", **topology
):
    """A run with the supports of 2-3-2-2-1 as masks, whose accuracy rises with the nonzeros."""
    numbers = np.asarray(numbers)
    masks = network_supports(SIZES, numbers)
    if accuracy is None:
        accuracy = 0.5 + 0.02 * (nonzeros(masks) - 15) + 1e-5 * numbers
    record = RunRecord(results_dir, "written", run_id)
    physics = {
        "physics_version": 2, "model": {"name": "fc"}, "dataset": {"name": "cubist_spiral"},
        "pruner": {"score": "none"}, "topology": {"family": family, **topology},
    }  # fmt: skip
    count = len(set(numbers.tolist())) if family == "given" else 416
    record.begin(
        physics, {}, network={"layers": LAYERS, "num_prunable": 18}, topology={"masks": count},
        data={"num_classes": 2, "num_train": 100, "num_validation": 2},
    )  # fmt: skip
    replica = np.arange(len(numbers)) if family == "given" else numbers
    kept = sum(mask.sum(axis=(1, 2)) for mask in masks)
    table = pd.DataFrame(
        {"step": 0, "density": kept / 18, "num_kept": kept, "replica": replica, "seed": 0,
         "p_train": 0.0, "p_eval": 0.0, "train_size": 98, "accuracy": accuracy,
         "effective_density": kept / 18}
    )  # fmt: skip
    active = [mask.any(axis=1).sum(axis=1) for mask in masks]
    of_layers = [
        table[["step", "replica"]].assign(layer=layer, active_in=own)
        for layer, own in zip([*LAYERS, "all"], [*active, active[0]], strict=True)
    ]
    record.write_tables(table, pd.concat(of_layers))
    tensors = {
        f"mask:{layer}.weight": mask.astype(np.uint8)
        for layer, mask in zip(LAYERS, masks, strict=True)
    }
    for layer, mask in zip(LAYERS, masks, strict=True):
        tensors[f"{layer}.weight"] = mask.astype(np.float32)
        tensors[f"{layer}.bias"] = np.zeros(mask.shape[:2], np.float32)
    record.write_tensors(record.snapshot_file(FINAL), tensors, density=1.0, layers=list(LAYERS))
    record.finish()
    return record


def results(folder, *words):
    done = command("sparsest", "runs=written", *words, cwd=folder)
    assert done.returncode == 0, done.stderr
    (file,) = folder.rglob("sparsest.json")
    return json.loads(file.read_text()), done.stdout


@pytest.mark.parametrize(("hidden", "parameters"), [((3, 3, 3), 37), ((7, 3, 3), 61),
                                                    ((3, 2, 2), 26), ((6, 3, 2), 50)])  # fmt: skip
def test_nonzeros_of_dense_blocks_are_the_published_numbers_of_parameters(
    configure, hidden, parameters
):
    number = np.ravel_multi_index([width - 1 for width in hidden], (8, 4, 4))
    words = ["topology=blocks", "model.widths=[8,4,4]", "num_replicas=1", f"first_replica={number}"]
    record = make(configure(*SPIRAL, *words, "training.budget.amount=1"))
    assert measured(record)["nonzeros"].tolist() == [parameters]


def test_a_bias_counts_only_if_its_unit_has_an_edge_leading_out():
    first, second = np.ones((1, 3, 2), bool), np.zeros((1, 1, 3), bool)
    second[0, 0, 1] = True
    assert nonzeros([first, second]).tolist() == [6 + 1 + 1 + 1]


@pytest.mark.parametrize("chunk", [4, 3])
def test_outputs_are_those_of_the_trained_network(configure, chunk):
    words = [
        "topology=supports", "model.widths=[3,2,2]", "num_replicas=4", "first_replica=412",
        "training.budget.amount=800", "optimizer.lr=0.02", f"trainer.chunk_size={chunk}",
    ]  # fmt: skip
    record = make(configure(*SPIRAL, *words))
    ((networks,), _) = read_networks([record])
    data = load(CubistSpiralConfig("cubist_spiral", points_per_class=200), "", 0)
    for row, accuracy in enumerate(networks.accuracy):
        own = {name: tensor[row] for name, tensor in networks.parameters.items()}
        layers = [(own[f"{name}.weight"], own[f"{name}.bias"]) for name in LAYERS]
        predicted = outputs(layers, data.train_images[:, 0, 0])[:, 0] > 0
        assert (predicted == data.train_labels).mean() == pytest.approx(accuracy, abs=0.01)
    assert len(set(networks.accuracy)) > 1


def test_the_front_rises_and_holds_the_best_of_each_count():
    counts = np.array([5, 4, 4, 6, 7])
    accuracy = np.array([0.6, 0.5, 0.7, 0.65, 0.9])
    assert front(counts, accuracy) == [(4, 0.7), (7, 0.9)]


def test_success_rates_have_intervals_that_cover():
    generator = np.random.default_rng(0)
    covered = []
    for _ in range(2000):
        truth = generator.uniform(0.1, 0.9)
        _, low, high = success_rate(int(generator.binomial(20, truth)), 20)
        covered.append(low <= truth <= high)
    assert 0.62 < np.mean(covered) < 0.74
    rate, low, high = success_rate(0, 20)
    assert rate == low == 0 and 0 < high < 0.1
    assert stats.binomtest(3, 20).proportion_ci(0.683, "wilson").low == success_rate(3, 20)[1]


def test_the_sparsest_network_that_reaches_the_target_is_found(tmp_path):
    write_search(tmp_path)
    content, printed = results(tmp_path, "target=0.6", "num_winners=3")
    (search,) = content["searches"]
    counts = nonzeros(network_supports(SIZES, range(416)))
    accuracy = 0.5 + 0.02 * (counts - 15) + 1e-5 * np.arange(416)
    assert search["name"] == "supports of 2-3-2-2-1"
    assert (search["masks"], search["searched"], search["networks"]) == (416, 416, 416)
    assert search["fewest_nonzeros"] == counts[accuracy >= 0.6].min()
    assert search["masks_that_reach_it"] == (accuracy >= 0.6).sum()
    assert [one["nonzeros"] for one in search["front"]] == sorted(set(counts.tolist()))
    assert "416 of 416" in printed
    (file,) = tmp_path.rglob("winners.safetensors")
    masks = load_file(file)
    expected = network_supports(SIZES, content["winners"]["masks"])
    for mask, own in zip(masks.values(), expected, strict=True):
        np.testing.assert_array_equal(mask, own)
    best = np.flatnonzero((accuracy >= 0.6) & (counts == search["fewest_nonzeros"]))
    assert set(content["winners"]["masks"]) <= set(best.tolist()) or len(best) < 3


def test_several_runs_are_several_tries_and_a_part_says_its_share(tmp_path):
    write_search(tmp_path, "one", range(100), accuracy=np.full(100, 0.7))
    write_search(tmp_path, "two", range(50), accuracy=np.linspace(0.5, 0.9, 50))
    content, printed = results(tmp_path, "target=0.8")
    (search,) = content["searches"]
    assert (search["searched"], search["networks"]) == (100, 150)
    assert search["tries_per_mask"] == [1, 2]
    assert search["highest_accuracy"] == pytest.approx(0.9)
    assert "100 of 416" in printed
    assert content["winners"]["accuracy"][0] >= 0.8


def test_success_rates_of_masks_that_are_trained_again(tmp_path):
    numbers = np.tile([3, 200], 20)
    accuracy = np.where(np.arange(40) % 2 == 0, 0.99, 0.5)
    accuracy[:10] = 0.5
    write_search(tmp_path, "again", numbers, accuracy, "given", masks_digest="x")
    content, printed = results(tmp_path)
    first, second = content["retrained"]
    assert (first["mask"], first["successes"], first["trials"]) == (0, 15, 20)
    assert first["interval"][0] < 0.75 < first["interval"][1]
    assert (second["successes"], second["rate"]) == (0, 0.0)
    assert content["searches"] == [] and content["winners"] is None
    assert "15 of 20" in printed


def test_a_search_that_no_network_wins_says_so(tmp_path):
    write_search(tmp_path)
    content, printed = results(tmp_path, "target=0.99")
    assert content["searches"][0]["fewest_nonzeros"] is None
    assert "no network reaches an accuracy of 0.99" in printed
    assert not [*tmp_path.rglob("winners.safetensors")]


def test_runs_with_equal_masks_and_without_pruning_are_refused(tmp_path):
    write_run(tmp_path, "run", np.ones(1), {"accuracy": np.ones((2, 1))}, pruner={"score": "none"})
    done = command("sparsest", "runs=written", cwd=tmp_path)
    assert done.returncode == 2
    assert "none of the 1 finished runs has masks of its own or is pruned" in done.stderr
