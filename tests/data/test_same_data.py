"""A finished run counts as done with the data that it was made with, and with no other."""

import json
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from pruning_phases.config.run import Config
from pruning_phases.data import same_data
from pruning_phases.errors import UserError
from pruning_phases.records.select import done_runs, pooled
from tests.conftest import TINY
from tests.support.commands import train
from tests.support.data_files import write_idx, write_idx_set
from tests.support.runs import make
from tests.support.slow_cases import slow

FEW = ["dataset.train_size=null", "training.batch_size=10", "pruner.steps=1"]


@dataclass
class Kind:
    """Data set whose files ``data_dir`` or a key of its own names."""

    words: list[str]
    label: Path  # a file whose labels may be changed

    def change(self) -> None:
        """Give the training images other labels."""
        if self.label.suffix == ".npz":
            arrays = dict(np.load(self.label))
            arrays["train_labels"] = 2 - arrays["train_labels"]
            np.savez(self.label, **arrays)
        else:
            write_idx(self.label, np.arange(30) % 3)


def arrays_file(path: Path) -> Path:
    generator = np.random.default_rng(0)
    np.savez(
        path, train_images=generator.random((30, 8, 8)), train_labels=np.arange(30) % 3,
        test_images=generator.random((20, 8, 8)), test_labels=np.arange(20) % 3,
    )  # fmt: skip
    return path


OWN = """
import numpy as np
from pathlib import Path
from pruning_phases.data.dataset import Dataset

def read(data_dir, seed):
    with np.load(Path(data_dir) / "own.npz") as found:
        parts = dict(found)
    return Dataset(
        parts["train_images"][:, None], parts["train_labels"], parts["test_images"][:, None],
        parts["test_labels"], num_classes=3,
    )
"""


KINDS = ["mnist", "mnist with label noise", "idx", "arrays", "custom"]


@pytest.fixture(params=KINDS)
def kind(request, tmp_path, write) -> Kind:
    folder = tmp_path / "data"
    if request.param == "arrays":
        file = arrays_file(tmp_path / "own.npz")
        return Kind(["dataset=arrays", f"dataset.file={file}"], file)
    if request.param == "custom":
        folder.mkdir()
        name = write(OWN)
        words = ["dataset=custom", f"dataset.load={name}:read", f"data_dir={folder}"]
        return Kind(words, arrays_file(folder / "own.npz"))
    raw = write_idx_set(folder / "MNIST" / "raw")
    label = raw / "train-labels-idx1-ubyte"
    if request.param == "idx":
        return Kind(["dataset=idx", f"dataset.folder={raw}"], label)
    noise = ["dataset.label_noise=0.2"] if "noise" in request.param else []
    return Kind(["dataset=mnist", f"data_dir={folder}", *noise], label)


def test_a_finished_run_is_refused_with_other_data(kind, configure):
    config = configure(*kind.words, *FEW)
    record = make(config)
    make(config)
    kind.change()
    with pytest.raises(UserError, match=f"run {record.id} was made with 30 .* restore the data"):
        make(config)


@pytest.mark.parametrize("kind", [KINDS[0], *slow(*KINDS[1:])], indirect=True)
def test_a_sweep_does_not_begin_beside_runs_of_other_data(kind, tmp_path):
    words = ["-m", *TINY, *kind.words, *FEW, "results_dir=results"]
    assert train(*words, "seed=0", cwd=tmp_path).returncode == 0
    kind.change()
    refused = train(*words, "seed=0,1", cwd=tmp_path)
    assert refused.returncode == 2 and "was made with 30 training examples" in refused.stderr
    assert len(list(tmp_path.rglob("run.json"))) == 1


@pytest.fixture
def mnist(tmp_path) -> Kind:
    raw = write_idx_set(tmp_path / "data" / "MNIST" / "raw")
    words = ["dataset=mnist", f"data_dir={tmp_path / 'data'}"]
    return Kind(words, raw / "train-labels-idx1-ubyte")


def unread(config: Config) -> None:
    raise AssertionError("the data were read")


def test_files_that_have_not_changed_are_not_read_again(mnist, configure, monkeypatch):
    config = configure(*mnist.words, *FEW)
    make(config)
    monkeypatch.setattr(same_data, "load", unread)
    make(config)


def test_a_copy_of_the_data_in_another_folder_is_the_same_data(mnist, configure, tmp_path):
    record = make(configure(*mnist.words, *FEW))
    shutil.copytree(tmp_path / "data", tmp_path / "copy")
    make(configure(*mnist.words, *FEW, f"data_dir={tmp_path / 'copy'}"))
    info = json.loads(record.info_file.read_text())
    del info["data"]["files"]  # as a record of an earlier version
    record.info_file.write_text(json.dumps(info))
    make(configure(*mnist.words, *FEW))
    mnist.change()
    with pytest.raises(UserError, match="restore the data"):
        make(configure(*mnist.words, *FEW))


def test_without_the_data_a_finished_run_is_skipped_and_that_is_said(mnist, tmp_path):
    words = [*TINY, *mnist.words, *FEW, "results_dir=results"]
    assert train(*words, cwd=tmp_path).returncode == 0
    shutil.rmtree(tmp_path / "data")
    again = train(*words, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert "done already, skipped (not compared with its data: " in again.stdout
    assert not (tmp_path / "data").exists()


def test_runs_of_one_system_with_different_data_are_not_pooled(mnist, configure, tmp_path):
    make(configure(*mnist.words, *FEW))
    mnist.change()
    other = configure(*mnist.words, *FEW, "seed=1", f"results_dir={tmp_path / 'other'}")
    make(other)
    records = done_runs([str(tmp_path / "results"), str(tmp_path / "other")])
    with pytest.raises(UserError, match=r"were made with different data .*: give runs of one"):
        pooled(records, lambda record: record.observables())
    assert pooled(records[:1], lambda record: record.observables())["replica"].nunique() == 2
