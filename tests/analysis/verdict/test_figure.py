"""The figure of a verdict: panels, axes, and numbers with errors."""

import numpy as np
import pytest

from pruning_phases.analysis.verdict.figure import verdict_figure
from pruning_phases.analysis.verdict.fit import GROWTH, judge
from pruning_phases.statistics.quote import cell
from tests.support.axes import drawn, is_dense_left, legend_texts
from tests.support.planted_transitions import planted, with_replicas

NAMES = ("density", "num_weights", "accuracy above chance")


@pytest.fixture(scope="module")
def verdict():
    return judge(with_replicas(planted("critical number", 0), 16), 100, 0)


@pytest.fixture(scope="module")
def axes(verdict):
    figure = drawn(verdict_figure(verdict, NAMES, "title"))
    assert figure.get_suptitle().startswith("verdict: crossover\ntitle")
    return figure.axes


def test_six_panels_have_axes_with_names(axes):
    assert len(axes) == 6
    for axis in axes:
        assert axis.get_xlabel() and axis.get_ylabel() and axis.get_title()
    assert is_dense_left(axes[0]) and is_dense_left(axes[5])


def test_curves_are_means_over_replicas_of_each_size(axes, verdict):
    assert legend_texts(axes[0]) == ["3000", "9000", "30000", "90000"]
    for line, item in zip(axes[0].lines, verdict.measured.curves, strict=True):
        np.testing.assert_allclose(line.get_ydata(), item.curve.values.mean(axis=0))


def test_the_growth_of_the_susceptibility_is_shown_with_its_error(axes, verdict):
    (growth,) = [one for one in verdict.evidence if one.name == GROWTH]
    assert any(cell(growth.value, growth.error) in text for text in legend_texts(axes[3]))
    assert any("first-order" in text for text in legend_texts(axes[3]))


def test_every_size_has_a_row_with_all_its_replicas(axes, verdict):
    ticks = [line for line in axes[4].lines if line.get_marker() == "|"]
    for line, one in zip(ticks, verdict.measured.modes, strict=True):
        np.testing.assert_array_equal(line.get_xdata(), one.values)


def test_what_is_not_determined_is_left_out():
    curves = with_replicas(planted("Curie-Weiss", 0), 16)[:2]
    figure = drawn(verdict_figure(judge(curves, 100, 0), NAMES, ""))
    assert any("not determined" in text for text in legend_texts(figure.axes[2]))
