"""Refinement of p_train: its networks follow from the record, after any interruption too."""

import pandas as pd
import pytest

from pruning_phases.config.identity import run_id
from pruning_phases.errors import UserError
from pruning_phases.records.run import DONE
from pruning_phases.training.callbacks.record import Record
from pruning_phases.training.refinement import chunks_of, max_chunks, next_rates
from tests.support.runs import Killed, fresh, make, results
from tests.support.slow_cases import slow

# Networks that learn at 0 and 0.3, and do not at 0.97.
GRID = [
    "dropout_phase=grid", "dropout_phase.p_train=[0,0.3,0.97]", "dropout_phase.p_eval=[0,0.6]",
    "dataset.train_sizes=[40,200]", "training.budget.rule=updates",
    "training.budget.amount=40", "pruner=none", "optimizer.lr=1e-2",
]  # fmt: skip
REFINED = [*GRID, "dropout_phase.refine=2"]


def rates(record):
    return sorted(record.observables()["p_train"].unique().tolist())


def test_further_networks_lie_where_phases_differ_and_equal_those_of_a_list(configure):
    record = make(configure(*REFINED))
    found = rates(record)
    first = next_rates(record.observables(), [0, 0.3, 0.97], 10)
    assert first and {0, 0.3, 0.97} | set(first) < set(found)  # both rounds added networks
    early = record.observables().query(f"p_train in {[0, 0.3, 0.97]}")
    assert next_rates(early, [0, 0.3, 0.97], 10) == first  # later rows decide no earlier round
    listed = make(configure(*GRID, f"dropout_phase.p_train={found}"))
    assert listed.id != record.id != run_id(configure(*GRID))
    keys = ["p_train", "train_size", "replica", "p_eval"]
    tables = [one.observables().sort_values(keys, ignore_index=True) for one in (record, listed)]
    pd.testing.assert_frame_equal(*tables, rtol=1e-4, atol=1e-5)
    tensors, _ = record.read_snapshot("final")
    assert len(tensors["fc1.weight"]) == len(found) * 2 * 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "killed_after", [2, *slow(0, 1, 3)]
)  # fmt: skip
def test_a_refined_run_cut_off_after_any_chunk_ends_with_the_same_bytes(
    configure, monkeypatch, killed_after
):
    overrides = [*REFINED, "trainer.chunk_size=7", "checkpoint_seconds=0"]
    whole = make(fresh(configure(*overrides), "whole"))
    write, seen = Record.on_train_epoch_end, []

    def killed(self, trainer, module):
        write(self, trainer, module)
        seen.append(self.chunk)
        if self.chunk == killed_after and module.step_ended:
            raise Killed

    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Record, "on_train_epoch_end", killed)
        make(fresh(configure(*overrides), "cut"))
    resumed = make(fresh(configure(*overrides), "cut"))
    assert resumed.state == whole.state == DONE
    assert results(resumed) == results(whole)


def table_of(exponent, **axes):
    """Rows of two replicas whose loss falls as N^-exponent(row)."""
    keys = {"p_train": [0.0, 0.3, 0.97], "p_eval": [0.0], "train_size": [40, 200], "step": [0],
            "replica": [0, 1], "num_kept": [9]} | axes  # fmt: skip
    rows = pd.MultiIndex.from_product(keys.values(), names=keys).to_frame(index=False)
    rows["density"] = 1 / (1 + rows["step"])
    rows["loss"] = rows["train_size"] ** -rows.apply(exponent, axis=1)
    return rows


def test_chunks_without_a_difference_end_after_the_grid(configure):
    config, same = configure(*REFINED), table_of(lambda row: 0.5, p_eval=[0.0, 0.6])
    chunks = list(chunks_of(config, 10, lambda: same, 10))
    assert [len(chunk) for chunk in chunks] == [6, 6] and max_chunks(config, 10) == 2 + 2


def test_dense_networks_or_all_densities_are_compared():
    def exponent(row):  # pruned networks learn above 0.3 alone
        return 0.5 if row["step"] == 0 or row["p_train"] > 0.3 else 0.0

    pruned = table_of(exponent, step=[0, 1])
    assert next_rates(pruned, [0, 0.3, 0.97], 10) == [0.635]
    both = table_of(exponent, step=[0, 1], p_eval=[0.0, 0.6])
    assert next_rates(both, [0, 0.3, 0.97], 10) == []


@pytest.mark.parametrize(
    "override",
    ["dropout_phase.p_train=[0.5]", "dataset.train_sizes=[50]", "dataset.train_sizes=null"],
)
def test_nothing_to_compare_is_refused(configure, override):
    with pytest.raises(UserError, match=r"dropout_phase\.refine reads the phases"):
        make(configure(*REFINED, override))
