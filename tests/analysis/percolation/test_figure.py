"""The figure of accuracy and connectivity: curves, landmarks, axes."""

import numpy as np
import pytest

from pruning_phases.analysis.percolation.figure import percolation_figure
from pruning_phases.analysis.percolation.fit import landmarks
from pruning_phases.statistics.landmarks import Undetermined
from tests.analysis.percolation.test_fit import DENSITY, planted
from tests.support.axes import drawn, is_dense_left, legend_texts


@pytest.fixture
def curves():
    return planted()


@pytest.fixture
def marks(curves):
    return landmarks(curves, 100, 0)


def test_axes_are_labelled_and_dense_on_the_left(curves, marks):
    systems = {"fc mnist": (curves, marks), "cnn mnist": (curves, marks)}
    figure = drawn(percolation_figure(systems, "title"))
    upper, lower = figure.axes[:2], figure.axes[2:]
    assert [axis.get_title() for axis in upper] == [f"{name}, 8 replicas" for name in systems]
    for axis in figure.axes:
        assert is_dense_left(axis) and axis.get_ylabel()
    assert all("density" in axis.get_xlabel() for axis in lower)
    assert len(legend_texts(upper[0])) == 3 and len(legend_texts(lower[0])) == 1
    assert "networks with an input-output path" in legend_texts(upper[0])
    assert "standard errors" in figure.get_suptitle()


def test_curves_are_means_over_replicas(curves, marks):
    figure = percolation_figure({"fc": (curves, marks)}, "")
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    x, y = lines["networks with an input-output path"].get_data()
    np.testing.assert_array_equal(x, DENSITY)
    np.testing.assert_allclose(y, curves.connected.mean(axis=0))


def test_a_landmark_is_a_line_in_a_band_of_its_error(curves, marks):
    axis = percolation_figure({"fc": (curves, marks)}, "").axes[1]
    line, (band,) = axis.lines[-1], axis.patches
    mark = marks["mean_cluster"]
    assert line.get_xdata()[0] == pytest.approx(np.exp(mark.value))
    assert band.get_x() == pytest.approx(np.exp(mark.value - mark.error))
    assert band.get_x() + band.get_width() == pytest.approx(np.exp(mark.value + mark.error))


def test_a_landmark_that_is_not_determined_is_left_out(curves, marks):
    without = {name: Undetermined("no") for name in marks}
    figure = drawn(percolation_figure({"fc": (curves, without)}, ""))
    assert all(not axis.patches for axis in figure.axes)
    assert len(figure.axes[1].lines) == 1
