"""Observables of models with and without a graph that can be traced, in whole runs."""

import io

import numpy as np
import pytest
import torch
from rich.console import Console
from torch import nn

from pruning_phases.analysis.exponents.read import read_curves
from pruning_phases.analysis.percolation.read import graph_curves
from pruning_phases.analysis.transition.summary import summary_table
from pruning_phases.cli.train import make_run
from pruning_phases.errors import UserError
from pruning_phases.observables.layers import OF_GRAPH
from pruning_phases.records.run import DONE
from pruning_phases.sweeps.overview import _of_table
from pruning_phases.training import run as engine


class Hidden(nn.Module):
    """Layers around a function of the hidden activations."""

    def __init__(self, between):
        super().__init__()
        self.between = between
        self.into, self.hidden = nn.Linear(64, 12), nn.Linear(12, 12)
        self.out = nn.Linear(12, 10)

    def forward(self, x):
        return self.out(self.between(self.hidden, torch.relu(self.into(x.flatten(1)))))


class TokenMixing(nn.Module):
    """Rows of the image are tokens: one layer mixes features, the next one tokens."""

    def __init__(self):
        super().__init__()
        self.features, self.tokens, self.out = nn.Linear(8, 6), nn.Linear(8, 8), nn.Linear(6, 10)

    def forward(self, x):
        x = self.features(x.squeeze(1)).relu()
        return self.out(self.tokens(x.transpose(1, 2)).transpose(1, 2).mean(1))


class Attention(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.out = nn.Linear(8, 6), nn.Linear(6, 10)
        self.q, self.k, self.v = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 6)

    def forward(self, x):
        x = self.embed(x.squeeze(1))
        weights = (self.q(x) @ self.k(x).transpose(1, 2)).softmax(-1)
        return self.out((weights @ self.v(x)).mean(1))


UNTRACEABLE = {
    "product": (lambda: Hidden(lambda layer, x: x * layer(x)), "mul of activations"),
    "reused": (lambda: Hidden(lambda layer, x: layer(layer(x))), "hidden is used twice"),
    "token mixing": (TokenMixing, "layer tokens reads activations of different nodes"),
    "attention": (Attention, "matmul combines"),
}


def run_with(build, config, monkeypatch):
    """Record and console output of a run of another model."""
    monkeypatch.setattr(engine, "build_model", lambda *_: build())
    console = Console(file=io.StringIO(), width=400)
    return make_run(config, console), console.file.getvalue()


@pytest.mark.slow
@pytest.mark.parametrize("name", UNTRACEABLE)
def test_without_a_graph_a_run_is_complete_with_nan_and_one_note(
    name, configure, monkeypatch, caplog
):
    build, reason = UNTRACEABLE[name]
    config = configure(
        "progress=true", "figures=[transition]", "trainer.chunk_size=1", "logger=wandb",
        "logger.mode=offline", "pruner.steps=5",
    )  # fmt: skip
    record, printed = run_with(build, config, monkeypatch)
    assert record.state == DONE and record.info()["network"]["graph"].find(reason) >= 0
    assert printed.count("cannot be traced") == printed.count(reason) == 1
    notes = [line for line in printed.splitlines() if "cannot be traced" in line]
    assert notes[0].startswith("note: effective_density, num_effective, largest_cluster")
    assert "goes on without it" not in caplog.text
    assert (record.folder / "transition.png").stat().st_size > 5000
    table, layers = record.observables(), record.layers()
    assert table[[name for name in OF_GRAPH if name in table]].isna().all(axis=None)
    assert layers[list(OF_GRAPH)].isna().all(axis=None)
    assert len(table) == 2 * 6
    known = table.drop(columns=[*OF_GRAPH, "evolution_metric"], errors="ignore")
    assert np.isfinite(known).all(axis=None)
    assert (layers.query("layer == 'all'")["num_kept"].to_numpy() == table["num_kept"]).all()


def test_analyses_of_a_run_without_a_graph_name_the_reason(configure, monkeypatch):
    record, _ = run_with(UNTRACEABLE["product"][0], configure("pruner.steps=5"), monkeypatch)
    curves = read_curves(record, ["accuracy", "prediction_entropy"])
    assert curves["accuracy"].values.shape == (2, 6)
    with pytest.raises(UserError, match=r"effective_density is not known .* could not be traced"):
        read_curves(record, ["effective_density"])
    with pytest.raises(UserError, match="no clusters and paths: its model's graph"):
        graph_curves(record.observables(), 10, "runs")
    columns = {one.header: [*one.cells] for one in summary_table(record.observables()).columns}
    assert columns["eff. density"] == ["nan"] * 6
    row = _of_table({}, record).row
    assert np.isnan(row["effective_density"])


def test_a_residual_model_has_a_graph_and_no_note(configure, monkeypatch):
    record, printed = run_with(
        lambda: Hidden(lambda layer, x: x + layer(x)), configure("progress=true"), monkeypatch
    )
    assert record.info()["network"]["graph"] == "traced" and "traced" not in printed
    table, layers = record.observables(), record.layers()
    assert np.isfinite(table["effective_density"]).all()
    assert layers["num_effective"].dtype == np.int64
    assert table["effective_density"][0] == 1
    # A path needs the first and the last layer; the shortcut leads around the hidden one.
    end = table[table["step"] == table["step"].max()]
    assert end["density"].iloc[0] == pytest.approx(0.02, rel=0.05)
    whole = layers[(layers["layer"] == "all") & (layers["step"] == layers["step"].max())]
    assert (whole["num_effective"] < whole["num_kept"]).all()
