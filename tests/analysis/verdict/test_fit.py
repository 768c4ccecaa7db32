"""The word: planted transitions and crossovers, the rule, and what is undecided."""

import numpy as np
import pytest

from pruning_phases.analysis.verdict.fit import (
    BINDER,
    CONTINUOUS,
    CROSSOVER,
    DEEPENING,
    DRIFT,
    FALL,
    FIRST_ORDER,
    GROWTH,
    PEAK,
    TRANSITIONS,
    UNDECIDED,
    WITHIN,
    Evidence,
    decide,
    judge,
)
from pruning_phases.errors import UserError
from pruning_phases.statistics.curves import Curve, SizedCurve
from tests.support.planted_transitions import CRITICAL, PLANTED, planted, with_replicas

ENUMERATED = ("Curie-Weiss", "three-spin mean field", "jumps of replicas", "independent units",
              "scattered midpoints", "critical number")  # fmt: skip


def evidence_of(verdict):
    return {one.name: one for one in verdict.evidence}


@pytest.mark.parametrize("name", ENUMERATED)
def test_a_planted_transition_is_recognized(name):
    verdict = judge(with_replicas(planted(name, 1), 32), 200, 1)
    assert verdict.word == PLANTED[name][0] and not verdict.missing


@pytest.mark.slow
@pytest.mark.parametrize("name", ENUMERATED)
def test_no_word_is_wrong_and_almost_all_are_right(name):
    truth = PLANTED[name][0]
    words = [judge(with_replicas(planted(name, seed), 32), 100, seed).word for seed in range(12)]
    assert set(words) <= {truth, UNDECIDED} and words.count(truth) >= 11


@pytest.mark.slow
@pytest.mark.parametrize("name", ["2D Ising", "2D site percolation", "giant component"])
def test_a_simulated_continuous_transition_is_recognized(name):
    generator = np.random.default_rng(7)
    verdict = judge(PLANTED[name][1](32, 26, generator), 200, 0)
    assert verdict.word == CONTINUOUS
    if name in CRITICAL:
        value, error = verdict.limit
        assert abs(value - CRITICAL[name]) < 3 * error < 0.2 * value


@pytest.mark.slow
def test_the_potts_model_with_ten_states_is_first_order():
    generator = np.random.default_rng(7)
    curves = PLANTED["2D Potts, q = 10"][1](48, 26, generator, sweeps=80_000)
    verdict = judge(curves, 200, 0)
    assert verdict.word == FIRST_ORDER
    assert evidence_of(verdict)[FALL].value > 0.6


def test_each_kind_has_its_exponents():
    mean_field = evidence_of(judge(planted("Curie-Weiss", 2), 200, 0))
    for name, truth in ((FALL, 1 / 4), (GROWTH, 1 / 2), (DEEPENING, 0.0)):
        assert abs(mean_field[name].value - truth) < 0.12, name
    jumps = evidence_of(judge(planted("jumps of replicas", 2), 200, 0))
    for name, truth in ((PEAK, 1 / 2), (GROWTH, 1.0), (DEEPENING, -1.0)):
        assert abs(jumps[name].value - truth) < 0.2, name
    number = evidence_of(judge(planted("critical number", 2), 200, 0))
    for name, truth in ((FALL, 0.0), (PEAK, 0.0), (GROWTH, 1.0), (DRIFT, -1.0)):
        assert abs(number[name].value - truth) < 4 * number[name].error < 0.6, name


def test_the_limit_of_a_transition_is_its_critical_point_and_a_crossover_has_none():
    value, error = judge(planted("Curie-Weiss", 3), 200, 0).limit
    assert abs(value - 1) < 3 * error < 0.3
    crossover = judge(planted("critical number", 3), 200, 0)
    assert crossover.limit is None and "does not sharpen" in crossover.limit_reason


def pieces(**excludes):
    names = (FALL, PEAK, GROWTH, WITHIN, DEEPENING, BINDER, DRIFT)
    return [Evidence(name, 1.0, 0.1, excludes.get(name, ())) for name in names]


def test_the_word_is_the_only_one_that_is_left():
    assert decide(pieces(**{FALL: (CROSSOVER,), GROWTH: (FIRST_ORDER,)})) == (CONTINUOUS, [])
    assert decide(pieces(**{BINDER: (CROSSOVER,), DEEPENING: (CONTINUOUS,)})) == (FIRST_ORDER, [])
    assert decide(pieces(**{FALL: TRANSITIONS})) == (CROSSOVER, [])


def test_several_words_or_none_are_undecided_with_what_is_missing():
    word, (missing,) = decide(pieces(**{FALL: (CROSSOVER,)}))
    assert word == UNDECIDED and "continuous and first-order are not excluded" in missing
    word, (missing,) = decide(pieces(**{FALL: (CROSSOVER,), GROWTH: TRANSITIONS}))
    assert word == UNDECIDED
    assert "contradictory" in missing and "sharpening of the fall against crossover" in missing


def test_a_jump_that_the_control_values_do_not_resolve_is_undecided():
    coarse = []
    for item in planted("jumps of replicas", 0):
        value, control = item.curve.values, item.curve.control
        chosen = [0, 2, 5, 8, len(control) - 9, len(control) - 6, len(control) - 3, -1]
        coarse.append(SizedCurve(item.size, item.num_weights,
                                 Curve(control[chosen], value[:, chosen])))  # fmt: skip
    verdict = judge(coarse, 200, 0)
    assert verdict.word == UNDECIDED
    assert any("at more values" in (one.reason or "") for one in verdict.evidence)
    assert not any(FIRST_ORDER in one.excludes for one in verdict.evidence)


def test_a_size_whose_fall_is_not_covered_does_not_count():
    cut = []
    for item in planted("critical number", 0):
        inside = item.curve.control > 1.2 * 150 / 90_000
        curve = Curve(item.curve.control[inside], item.curve.values[:, inside])
        cut.append(SizedCurve(item.size, item.num_weights, curve))
    verdict = judge(cut, 200, 0)
    assert verdict.measured.inside == [True, True, True, False]
    assert evidence_of(verdict)[FALL].reason.startswith("N = 90000: ")
    assert verdict.word in (CROSSOVER, UNDECIDED)


def test_two_sizes_are_undecided_and_one_is_refused():
    curves = planted("Curie-Weiss", 0)
    verdict = judge(curves[:2], 100, 0)
    assert verdict.word == UNDECIDED
    assert "three sizes" in evidence_of(verdict)[FALL].reason
    with pytest.raises(UserError, match="1 size: a verdict compares three or more"):
        judge(curves[:1], 100, 0)


def test_an_order_parameter_of_two_values_does_not_count_as_bimodal():
    generator = np.random.default_rng(0)
    grid = np.linspace(0.5, 1.5, 30)
    curves = [
        SizedCurve(count, count, Curve(
            grid, (grid > 1 + 2 * generator.normal(size=(32, 1)) / count**0.5).astype(float)
        ))
        for count in (100.0, 400.0, 1600.0)
    ]  # fmt: skip
    within = evidence_of(judge(curves, 100, 0))[WITHIN]
    assert within.excludes == () and "two values only" in within.reason


def test_few_replicas_are_undecided_rather_than_wrong():
    for name in ENUMERATED:
        verdict = judge(with_replicas(planted(name, 4), 8), 100, 0)
        assert verdict.word in (PLANTED[name][0], UNDECIDED), name
