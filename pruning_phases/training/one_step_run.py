"""A run whose networks are trained by one step and ridge regression on sparse features.

In: a checked configuration and its record. Out: the finished record, one row for each replica and
training-set size. Every replica has its own directions, examples and weights; smaller training sets
are the beginnings of larger ones. Knows no ensemble: the arithmetic is that of ``one_step``.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import torch
from numpy.typing import NDArray
from rich.console import Console
from threadpoolctl import threadpool_limits

from pruning_phases.config.enums import Inputs
from pruning_phases.config.identity import machine, physics
from pruning_phases.config.optimizer import OneStepConfig
from pruning_phases.config.run import Config
from pruning_phases.console import PLAIN
from pruning_phases.data.sparse_features import SparseFeaturesConfig, directions, response
from pruning_phases.ensemble.memory import refuse_oversized_data
from pruning_phases.models.fc import FcConfig
from pruning_phases.pruning.probes import even_and_odd, probe_sums, support
from pruning_phases.records.run import DONE, RunRecord
from pruning_phases.records.sweep import command_of
from pruning_phases.streams import stream_key
from pruning_phases.training import one_step
from pruning_phases.training.failure import recorded_failure
from pruning_phases.training.trainer import arithmetic

EXAMPLES_AT_ONCE = 4096
PURPOSE = "sparse_features"  # of the random streams

Array = NDArray[np.floating]
Indices = NDArray[np.intp]


@dataclass(frozen=True)
class Options:
    """The options of a configuration that decide the numbers here, with their types."""

    seed: int
    data: SparseFeaturesConfig
    optimizer: OneStepConfig
    num_pairs: int
    sizes: list[int]

    @classmethod
    def of(cls, config: Config) -> Options:
        """The configuration was checked: its options fit."""
        data, model, optimizer = config.dataset, config.model, config.optimizer
        assert isinstance(data, SparseFeaturesConfig)
        assert isinstance(model, FcConfig)
        assert isinstance(optimizer, OneStepConfig)
        sizes = data.train_sizes or [data.train_size]
        return cls(config.seed, data, optimizer, model.hidden_widths()[0] // 2, sizes)

    def generator(self, replica: int, *address: str) -> np.random.Generator:
        return np.random.default_rng(stream_key(self.seed, replica, PURPOSE, *address))


def run(config: Config, record: RunRecord, console: Console) -> None:
    """Train all replicas, one after another; a resumed run goes on with the next replica."""
    options = Options.of(config)
    inputs, count = options.data.num_inputs, max(*options.sizes, options.data.num_test)
    refuse_oversized_data(4 * inputs * (count + options.data.num_test) + 80 * inputs**2)
    replicas = range(config.first_replica, config.first_replica + config.num_replicas)
    with record.lock() as lease:
        if record.state == DONE:
            return
        table = record.observables() if record.observables_file.exists() else pd.DataFrame()
        record.begin(
            physics(config), machine(config), arithmetic(torch.device("cpu")), **_facts(options),
            command=command_of(config.results_dir, config.sweep.name),
        )  # fmt: skip
        if len(table):  # of an earlier process, which may have ended between the two tables
            record.write_tables(table, _layers(table, options))
        with recorded_failure(record, {}), threadpool_limits(1):  # equal numbers on any machine
            for number, replica in enumerate(replicas):
                if len(table) and replica in set(table["replica"]):
                    continue
                began = time.monotonic()
                table = pd.concat([table, pd.DataFrame(_rows(options, replica))], ignore_index=True)
                lease.check()
                record.write_tables(table, _layers(table, options))
                lease.progress((number + 1) / len(replicas))
                if config.progress:
                    seconds = f"{time.monotonic() - began:.0f} s"
                    console.print(f"replica {number + 1} of {len(replicas)}: {seconds}", **PLAIN)
        record.finish()


def _facts(options: Options) -> dict[str, Any]:
    width, data = 2 * options.num_pairs, options.data
    return {
        "data": {
            "digest": "", "files": {}, "num_classes": 2, "num_train": max(options.sizes),
            "num_validation": 0, "num_test": data.num_test, "has_test_set": True,
        },
        "network": {
            "num_prunable": width * data.num_inputs, "graph": "one step",
            "layers": {"fc1": [width, data.num_inputs], "fc2": [1, width]},
        },
    }  # fmt: skip


def _layers(table: pd.DataFrame, options: Options) -> pd.DataFrame:
    keys = ["step", "replica", "seed", "p_train", "train_size"]
    return table[keys].assign(
        layer="fc1", num_kept=table["num_kept"], active_in=table["num_inputs"],
        active_out=2 * options.num_pairs,
    )  # fmt: skip


def _rows(options: Options, replica: int) -> list[dict[str, Any]]:
    """Rows of one replica, a training-set size each."""
    data = options.data
    v = directions(options.generator(replica, "directions"), data.num_inputs, data.num_relevant,
                   data.rank)  # fmt: skip
    relevant = np.flatnonzero(np.abs(v).sum(axis=1))
    x, y = _examples(options, replica, "train", max(options.sizes), v)
    test, target = _examples(options, replica, "test", data.num_test, v, noise=0.0)
    rows = []
    for size, inputs in _chosen_inputs(options, replica, x, y, relevant):
        output = _trained(options, replica, x[:size], y[:size], inputs)
        risk = float(np.mean((output(test[:, inputs]) - target) ** 2))
        rows.append({
            "step": 0, "density": len(inputs) / data.num_inputs,
            "num_kept": 2 * options.num_pairs * len(inputs), "replica": replica,
            "seed": options.seed, "p_train": 0.0, "p_eval": 0.0, "train_size": size,
            "excess_risk": risk, "support_found": float(np.isin(relevant, inputs).mean()),
            "num_inputs": len(inputs),
        })  # fmt: skip
    return rows


def _examples(
    options: Options, replica: int, purpose: str, count: int, v: Array, noise: float | None = None
) -> tuple[Array, Array]:
    """Inputs [count, d] in float32 and responses [count]; fewer are the beginning of more."""
    data = options.data
    x = np.empty((count, data.num_inputs), np.float32)
    errors = np.empty(count)
    for number, part in enumerate(_blocks(count)):
        generator = options.generator(replica, purpose, str(number))
        whole = generator.standard_normal((EXAMPLES_AT_ONCE, data.num_inputs), np.float32)
        x[part] = whole[: part.stop - part.start]
        errors[part] = generator.standard_normal(EXAMPLES_AT_ONCE)[: part.stop - part.start]
    scale = data.noise if noise is None else noise
    clean = np.concatenate([response(x[part], v, data.information_exponent)
                            for part in _blocks(count)])  # fmt: skip
    return x, (clean + scale * errors).astype(np.float32)


def _blocks(stop: int, start: int = 0) -> Iterator[slice]:
    for begin in range(start, stop, EXAMPLES_AT_ONCE):
        yield slice(begin, min(begin + EXAMPLES_AT_ONCE, stop))


def _chosen_inputs(
    options: Options, replica: int, x: Array, y: Array, relevant: Indices
) -> Iterator[tuple[int, Indices]]:
    """Yield each training-set size with the inputs that are left."""
    how, dim = options.optimizer.inputs, options.data.num_inputs
    if how is not Inputs.found:
        chosen = np.arange(dim) if how is Inputs.all else relevant
        yield from ((size, chosen) for size in options.sizes)
        return
    count = options.optimizer.num_probes or options.data.num_relevant + 2
    biases = options.generator(replica, "probes").standard_normal(dim).astype(np.float32)
    whole, done = np.zeros((2, dim, dim)), 0
    for size in options.sizes:
        # Whole blocks and the rest apart, so that a size has the same sums beside any other sizes.
        end = size - size % EXAMPLES_AT_ONCE
        for part in _blocks(end, done):
            whole += probe_sums(x[part], y[part], biases)
        done = max(done, end)
        rest = probe_sums(x[end:size], y[end:size], biases)
        yield size, support(*even_and_odd((whole[0] + rest[0], whole[1] + rest[1]), size), count)


def _trained(
    options: Options, replica: int, x: Array, y: Array, inputs: Indices
) -> Callable[[Array], Array]:
    """Return the output of a network, trained on the examples, as a function of its inputs [n, q].

    Networks of one replica with equal inputs begin with equal weights and biases.
    """
    generator = options.generator(replica, "network")
    weights = one_step.initial_weights(generator, options.num_pairs, len(inputs)).astype(np.float32)
    biases = generator.standard_normal(options.num_pairs).astype(np.float32)
    total = np.zeros(weights.shape)
    for part in _blocks(len(y)):
        total += one_step.gradient_sums(x[part][:, inputs], y[part], weights, biases)
    new = one_step.after_step(total / len(y)).astype(np.float32)
    offsets = generator.standard_normal(len(new)).astype(np.float32)
    sums = one_step.RidgeSums(len(new))
    for part in _blocks(len(y)):
        sums.add(one_step.features(x[part][:, inputs], new, offsets), y[part])
    coefficients, intercept = sums.fit(options.optimizer.penalty)

    def output(some: Array) -> Array:
        return one_step.features(some, new, offsets) @ coefficients + intercept

    return output
