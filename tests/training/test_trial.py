"""Bad packages: one line that says what was expected and what came, before anything is written; a
fault that shows later fails the run in one line."""

import json
import re
from pathlib import Path

import pytest

from pruning_phases.errors import RunError, UserError
from tests.conftest import SMALL
from tests.support.runs import make

NET = """
import torch
class Net(torch.nn.Module):
    def __init__(self, input_shape, num_classes, width=5):
        super().__init__()
        self.first = torch.nn.Linear(64, width)
        self.last = torch.nn.Linear(width, num_classes)
    def forward(self, x):
        return self.last(self.first(x.flatten(1)).relu())
"""
DATA = """
import numpy as np
from pruning_phases.data.dataset import Dataset
def load(data_dir, seed):
    x, y = np.random.default_rng(seed).normal(size=(300, 1, 8, 8)), np.arange(300) % 3
    return Dataset(x, y, x[:50], y[:50], 3)
"""
SCORE = """
import torch
READS = "weights"
def score(weights):
    return weights.abs()
"""
OBSERVABLE = """
import torch
from pruning_phases.observables.registry import FromOutputs, Observable, TRANSITION
def margin(batch):
    return batch.p.amax(dim=2)
sums = lambda batch: batch.p.sum(dim=(1, 2))
own = Observable("own", "own", TRANSITION, from_outputs=FromOutputs(
    sums, lambda total, labels: total / labels.sum()))
"""
OPTIONS = {
    "Net": ["model=custom", "model.build={}:Net"],
    "load": ["dataset=custom", "dataset.load={}:load"],
    "score": ["pruner.score={}:score"],
    "margin": ["observables=[{}:margin]"],
    "own": ["observables=[{}:own]"],
}
KEYS = {
    "Net": "model.build", "load": "dataset.load", "score": "pruner.score",
    "margin": "observables", "own": "observables",
}  # fmt: skip


def overrides(module, name):
    return [word.format(module) for word in OPTIONS[name]]


BAD = [
    # A source, a replacement in it, the name, the line after KEY=MODULE:NAME.
    (NET, "class Net", "class Other", "Net", "no Net in .*py"),
    (NET, "num_classes, width=5", "", "Net", r"expected a function or class that is called as "
     r"Net\(input_shape, num_classes\), got Net\(input_shape\): too many positional arguments"),
    (NET, "return self.last", "return self.first", "Net", r"raised RuntimeError: .*mat1 and mat2 "
     r"shapes cannot be multiplied.* \(MODULE.py, line 9\)"),
    (NET, "(width, num_classes)", "(width, 7)", "Net", r"expected logits \[8, 10\] of images "
     r"\[8, 1, 8, 8\], got Tensor \[8, 7\]"),
    (NET, ".relu())", ".relu()).argmax(1)", "Net", r"expected logits \[8, 10\] .*got Tensor \[8\]"),
    (NET, "return self.last", "return self, self.last", "Net",
     "expected logits .*, got an object of type tuple"),
    (NET, "super().__init__()", "raise OSError('no file')", "Net",
     r"raised OSError: no file \(MODULE.py, line 5\)"),
    (NET, "(torch.nn.Module)", "", "Net",
     "expected that it returns a torch module, got an object of type Net"),
    (NET, "self.last = torch", "self.drop = torch.nn.Dropout(); self.last = torch", "Net",
     "expected dropout as pruning_phases.models.dropout:PhaseDropout.NUMBER., got Dropout in drop, "
     "whose random numbers do not resume"),
    (NET, "self.first(x.flatten(1)).relu()", "self.first(x.flatten(1)).detach().numpy()", "Net",
     "raised TypeError: linear.*"),
    (DATA, "return Dataset", "return dict", "load", "raised TypeError: dict expected at most 1"),
    (DATA, "return Dataset(x, y, x[:50], y[:50], 3)", "return x, y", "load",
     "expected that it returns a pruning_phases.data.dataset:Dataset, got an object of type tuple"),
    (DATA, "return Dataset(x, y, x[:50]", "return Dataset([], y, x[:50]", "load",
     "expected train_images as a numpy array, got an object of type list"),
    (DATA, "size=(300, 1, 8, 8)", "size=(300, 64)", "load",
     "train_images has shape 300x64, not examples x channels x height x width: correct the"),
    (DATA, "np.arange(300) % 3", "np.arange(300) % 4", "load",
     "train_labels: label 3 is none of the classes 0 to 2: correct the function"),
    (DATA, "np.arange(300) % 3", "np.arange(200) % 3", "load",
     ".*train_labels has 200 labels and .*train_images 300 images: correct the function"),
    (DATA, "np.arange(300) % 3", "np.arange(300) / 300", "load",
     "train_labels: labels of type float64 and shape 300, not int64: correct the function"),
    (DATA, "    return", "    x[3] = np.nan\n    return", "load",
     "train_images: pixels that are NaN, infinite or beyond .*: correct the function"),
    (DATA, "x[:50], y", "x[:50, :, :4], y", "load", "train_images has images of shape 1x8x8 .*"),
    (DATA, ", 3)", ", None)", "load", "expected num_classes of 2 or more, got None"),
    (DATA, "x, y = np", "x, y = open('nowhere')", "load",
     r"raised FileNotFoundError: .Errno 2. .*"),
    (SCORE, 'READS = "weights"', "", "score", "expected score.READS = one of weights, stream, "
     "examples, regrowth, shape, predictor, which says what the score reads, got no READS"),
    (SCORE, '"weights"', '"gradients"', "score", "expected .*, got READS = str 'gradients'"),
    (SCORE, '"weights"', '"stream"', "score", r"expected a function or class that is called as "
     r"score\(key, num_weights\), got score\(weights\): too many positional arguments"),
    (SCORE, "weights.abs()", "weights.abs() * float('nan')", "score",
     "expected finite scores, got 100200 of 100200 NaN or infinite"),
    (SCORE, "weights.abs()", "weights.abs().sum(1)", "score",
     r"expected scores as a tensor \[1, 100200\], got Tensor \[1\]"),
    (SCORE, "weights.abs()", "weights > 0", "score",
     "expected scores of a floating type, got torch.bool"),
    (SCORE, "weights.abs()", "None", "score",
     r"expected scores as a tensor \[1, 100200\], got None"),
    (SCORE, "weights.abs()", "weights.nix()", "score",
     r"raised AttributeError: 'Tensor' object has no attribute 'nix' \(MODULE.py, line 5\)"),
    (SCORE, '"weights"\ndef score(weights)', '"shape"\ndef score(a, weights, c, d)', "score",
     "raised AttributeError: 'dict' object has no attribute 'abs'"),
    (SCORE, '"weights"\ndef score(weights):\n    return weights.abs()',
     '"shape"\ndef score(n, p, names, x):\n    return {"a": x}', "score",
     "expected a dictionary of tensors with the keys fc1.weight, .*, got the keys a"),
    (SCORE, '"weights"\ndef score(weights):\n    return weights.abs()',
     '"shape"\ndef score(n, p, names, x):\n    return {a: x for a in names}', "score",
     r"expected scores of fc1.weight as a tensor \[300, 64\], got Tensor \[1, 1, 8, 8\]"),
    (OBSERVABLE, "def margin", "margin = 3\ndef other", "margin",
     r"expected a function or class that is called as margin\(batch\), got int 3"),
    (OBSERVABLE, "amax(dim=2)", "amax(dim=(1, 2))", "margin", r"expected a tensor \[2, 8\], one "
     r"value per network and example, got Tensor \[2\]"),
    (OBSERVABLE, "batch.p.amax(dim=2)", "batch.q", "margin",
     r"raised AttributeError: 'Batch' object has no attribute 'q' \(MODULE.py, line 5\)"),
    (OBSERVABLE, "dim=(1, 2)", "", "own", r"expected that total\(batch\) is a tensor \[2, ...\] "
     r"with one row per network, got Tensor \[\]"),
    (OBSERVABLE, "total / labels.sum()", "total[:1]", "own",
     r"expected an array \[2\], one value per network, got ndarray \[1\]"),
    (OBSERVABLE, "total / labels.sum()", "float(total.sum())", "own",
     r"expected an array \[2\], one value per network, got float .*"),
    (OBSERVABLE, '"own", "own"', '"loss", "own"', "own",
     "the name loss is taken: give another one"),
    (OBSERVABLE, '"own", "own"', '"step", "own"', "own",
     "the name step is taken: give another one"),
    (OBSERVABLE, '"own", "own"', '"my own", "own"', "own",
     "the name 'my own' of a column: give letters, digits and _"),
    (OBSERVABLE, "from_outputs=FromOutputs", "colour=(lambda *a: 'x')", "own",
     "expected an Observable with from_outputs, got none"),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(BAD)))
def test_a_bad_package_is_one_line_and_nothing_is_written(case, write, configure, tmp_path):
    source, old, new, name, said = BAD[case]
    assert old in source
    module = write(source.replace(old, new))
    with pytest.raises(UserError) as error:
        make(configure(*SMALL, *overrides(module, name), tiny=False))
    line = str(error.value)
    expected = f"{KEYS[name]}={module}:{name}: {said.replace('MODULE', module)}"
    assert re.match(expected, line) and "\n" not in line, line
    assert not (tmp_path / "results").exists()


@pytest.mark.parametrize("name", OPTIONS)
def test_a_good_package_runs(name, write, configure):
    source = {"Net": NET, "load": DATA, "score": SCORE}.get(name, OBSERVABLE)
    record = make(configure(*SMALL, *overrides(write(source), name), tiny=False))
    assert record.state == "done"
    if name in ("margin", "own"):
        assert record.observables()[name].notna().all()


LATER = [
    (SCORE, "return weights.abs()",
     "return weights.abs() if (weights != 0).all() else weights * float('nan')", "score",
     r"expected finite scores, got \d+ of \d+ NaN or infinite"),
    (SCORE, "return weights.abs()", "assert (weights != 0).all()\n    return weights.abs()",
     "score", r"raised AssertionError \(MODULE.py, line 5\)"),
    (OBSERVABLE, "return batch.p.amax(dim=2)", "return batch.p.amax(dim=2)[:, :50]", "margin",
     r"expected a tensor \[1, 360\], one value per network and example, got Tensor \[1, 50\]"),
    (NET, "return self.last", "assert len(x) < 200, 'too many'\n        return self.last", "Net",
     r"raised AssertionError: too many \(MODULE.py, line 9\)"),
]  # fmt: skip


@pytest.mark.parametrize("case", range(len(LATER)))
def test_a_fault_that_shows_later_fails_the_run_in_one_line(case, write, configure, tmp_path):
    source, old, new, name, said = LATER[case]
    module = write(source.replace(old, new))
    with pytest.raises(RunError) as error:
        make(configure(*SMALL, *overrides(module, name), tiny=False))
    line = str(error.value)
    assert re.fullmatch(f"{KEYS[name]}={module}:{name}: {said.replace('MODULE', module)}", line)
    (file,) = Path(tmp_path / "results").rglob("run.json")
    info = json.loads(file.read_text())
    assert (info["state"], info["error"]) == ("failed", line)
