"""Replicas that differ in their masks: from a file, from an enumeration, alone and together."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from pruning_phases.errors import UserError
from pruning_phases.records.snapshots import FINAL, INITIAL
from pruning_phases.topology.enumeration import block_widths, network_supports
from tests.support.runs import make

SPIRAL = [
    "dataset=cubist_spiral", "dataset.points_per_class=200", "pruner=none", "model.outputs=1",
    "training.budget.rule=updates", "training.budget.amount=20", "figures=[]",
]  # fmt: skip
SMALL = [*SPIRAL, "model.depth=4", "model.widths=[3,2,2]"]
NAMES = [f"fc{number}.weight" for number in (1, 2, 3, 4)]


def write_masks(path, masks):
    save_file({f"mask:{name}": mask.astype(np.uint8) for name, mask in masks.items()}, str(path))
    return path


def some_masks(numbers=(0, 100, 415)):
    return dict(zip(NAMES, network_supports((2, 3, 2, 2, 1), numbers), strict=True))


def given(configure, path, *words):
    return configure(*SMALL, "topology=given", f"topology.masks={path}", "num_replicas=5", *words)


def test_replica_r_is_trained_under_mask_r_of_the_file(configure, tmp_path):
    masks = some_masks()
    record = make(given(configure, write_masks(tmp_path / "masks.safetensors", masks)))
    initial, _ = record.read_snapshot(INITIAL)
    final, _ = record.read_snapshot(FINAL)
    counts = np.zeros(5)
    for name, mask in masks.items():
        own = mask[[0, 1, 2, 0, 1]]
        np.testing.assert_array_equal(final[f"mask:{name}"], own)
        assert not final[name][~own].any() and not initial[name][~own].any()
        assert (final[name][own] != initial[name][own]).any()
        counts += own.sum(axis=(1, 2))
    assert (initial["fc4.weight"][0] != initial["fc4.weight"][3]).all()  # the same mask
    table = record.observables()
    np.testing.assert_array_equal(table["num_kept"], counts)
    np.testing.assert_allclose(table["density"], counts / 18)
    assert record.info()["topology"]["masks"] == 3


def test_a_replica_is_the_same_alone(configure, tmp_path):
    path = write_masks(tmp_path / "masks.safetensors", some_masks())
    together = make(given(configure, path)).read_snapshot(FINAL)[0]
    alone = make(given(configure, path, "num_replicas=1", "first_replica=4"))
    for name, tensor in alone.read_snapshot(FINAL)[0].items():
        np.testing.assert_array_equal(tensor[0], together[name][4])


def test_the_content_of_the_file_decides_the_run_and_not_its_place(configure, tmp_path):
    one, same = (write_masks(tmp_path / name, some_masks()) for name in ("a", "b"))
    other = write_masks(tmp_path / "c", some_masks((0, 100, 414)))
    ids = [make(given(configure, path)).id for path in (one, same, other)]
    assert ids[0] == ids[1] != ids[2]


def test_a_snapshot_is_a_file_of_masks(configure, tmp_path):
    record = make(given(configure, write_masks(tmp_path / "masks", some_masks())))
    again = make(given(configure, record.snapshot_file(FINAL), "study=again"))
    for name in NAMES:
        one, two = (run.read_snapshot(FINAL)[0][f"mask:{name}"] for run in (record, again))
        np.testing.assert_array_equal(one, two)


def test_replica_r_has_support_r_of_the_enumeration(configure):
    words = ["topology=supports", "num_replicas=4", "first_replica=412"]
    record = make(configure(*SMALL, *words))
    expected = network_supports((2, 3, 2, 2, 1), range(412, 416))
    final, _ = record.read_snapshot(FINAL)
    for name, mask in zip(NAMES, expected, strict=True):
        np.testing.assert_array_equal(final[f"mask:{name}"], mask)
    assert record.observables()["num_kept"].max() == 18


def test_a_block_begins_as_the_small_network_that_it_is(configure):
    words = ["model.depth=3", "model.width=16", "topology=blocks", "num_replicas=256"]
    record = make(configure(*SPIRAL, *words, "training.budget.amount=1"))
    initial, _ = record.read_snapshot(INITIAL)
    widths = block_widths((2, 16, 16, 1), range(256))
    for column, name in ((0, "fc2"), (1, "fc3")):
        for fan_in in (1, 4, 16):
            chosen = widths[:, column] == fan_in
            for part in ("weight", "bias"):
                values = np.abs(initial[f"{name}.{part}"][chosen])
                assert 0.8 < values.max() * np.sqrt(fan_in) <= 1, (name, part, fan_in)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda m: m.pop("fc2.weight"), r"it holds mask:fc1.weight, mask:fc3.weight, .* and this"),
        (lambda m: m.update({"fc1.weight": m["fc1.weight"][:, :, :1]}),
         r"mask:fc1.weight has shape 3x3x1, and as many masks of 3x2 in every layer"),
        (lambda m: m.update({"fc1.weight": m["fc1.weight"][:2]}),
         r"mask:fc\d.weight has shape \S+, and as many masks"),
        (lambda m: m.update({"fc3.weight": m["fc3.weight"] & [[False], [False]]}),
         r"mask 0 of fc3.weight keeps no weight"),
        (lambda m: m.update({"fc4.weight": m["fc4.weight"] * 2}), r"other numbers than 0 and 1"),
        (lambda m: m.clear(), r"it holds no mask:WEIGHT"),
    ],
)  # fmt: skip
def test_an_unfit_file_is_refused_in_one_line(configure, tmp_path, change, said):
    masks = some_masks()
    change(masks)
    path = write_masks(tmp_path / "masks.safetensors", masks)
    with pytest.raises(UserError, match=rf"topology\.masks=\S+: .*{said}") as refused:
        make(given(configure, path))
    assert "\n" not in str(refused.value)


def test_a_file_that_is_missing_or_of_another_format_is_refused(configure, tmp_path):
    with pytest.raises(UserError, match=r"topology\.masks=\S+: No such file"):
        given(configure, tmp_path / "none")
    (tmp_path / "text").write_text("no tensors")
    with pytest.raises(UserError, match=r"topology\.masks=\S+: no safetensors file"):
        make(given(configure, tmp_path / "text"))
    with pytest.raises(UserError, match=r"topology\.masks has no value: give a file of masks"):
        configure(*SMALL, "topology=given")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["topology=supports", "num_replicas=417"], "num_replicas=417: 2-3-2-2-1 has 416 supports"),
        (["topology=blocks", "num_replicas=2", "first_replica=11"], "has 12 blocks: .* 12 at most"),
        (["topology=supports", "model=cnn"], "enumerates fully connected networks"),
        (["topology=supports", "model.widths=[30,30,30]"], r"a layer of 30x30 has \S+ supports"),
        (["topology=blocks", "pruner=magnitude"], r"cannot be pruned together: give pruner=none"),
    ],
)  # fmt: skip
def test_an_enumeration_that_does_not_fit_is_refused(configure, words, said):
    model = [] if "model=cnn" in words else ["model.depth=4", "model.widths=[3,2,2]"]
    base = [word for word in SPIRAL if not (model == [] and word.startswith(("model.", "dataset")))]
    with pytest.raises(UserError, match=said):
        make(configure(*base, *model, *words))
