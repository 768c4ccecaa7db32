"""The figure of a pruning transition: means, bands, reference lines, axes."""

import numpy as np
import pytest

from pruning_phases.analysis.transition.figure import PANELS, transition_figure
from pruning_phases.observables.controls import CONTROLS
from pruning_phases.observables.registry import observable
from pruning_phases.statistics.estimates import mean_and_error
from tests.support.axes import drawn, is_dense_left
from tests.support.written_records import write_run

DENSITY = np.array([1.0, 0.3, 0.1, 0.03, 0.0])


@pytest.fixture
def columns():
    generator = np.random.default_rng(0)
    return {name: generator.random((4, len(DENSITY))) for name in PANELS}


@pytest.fixture
def figure(tmp_path, columns):
    record = write_run(tmp_path, "abc", DENSITY, columns)
    return drawn(transition_figure(record.observables(), record.info()))


def test_every_panel_shows_the_mean_and_a_band_of_standard_errors(figure, columns):
    assert len(figure.axes) == len(PANELS)
    for axis, name in zip(figure.axes, PANELS, strict=True):
        mean, error = mean_and_error(columns[name])
        x, y = axis.lines[0].get_data()
        np.testing.assert_allclose(x, DENSITY[-2::-1])  # without the empty network
        np.testing.assert_allclose(y, mean[-2::-1])
        (band,) = axis.collections
        corners = band.get_paths()[0].vertices
        for density, low, high in zip(DENSITY, mean - error, mean + error, strict=True):
            if density:
                heights = corners[np.isclose(corners[:, 0], density), 1]
                assert heights.min() == pytest.approx(low)
                assert heights.max() == pytest.approx(high)


def test_axes_have_labels_and_the_dense_network_on_the_left(figure):
    for axis, name in zip(figure.axes, PANELS, strict=True):
        assert axis.get_ylabel() == observable(name).axis_label
        assert is_dense_left(axis)
    assert figure.axes[-1].get_xlabel() == CONTROLS["density"].label
    assert "nats" in figure.axes[1].get_ylabel()


def test_chance_and_the_largest_entropy_are_marked(figure):
    levels = [axis.lines[1].get_ydata()[0] for axis in figure.axes]
    assert levels == pytest.approx([0.1, np.log(10), np.log(10)])
    assert [axis.texts[0].get_text() for axis in figure.axes] == ["chance", "ln 10", "ln 10"]


def test_the_title_names_the_run_and_its_replicas(figure):
    title = figure.axes[0].get_title()
    assert "fc on mnist, magnitude pruning; 4 replicas" in title and "run abc" in title


def test_one_replica_has_a_line_without_a_band(tmp_path, columns):
    one = {name: values[:1] for name, values in columns.items()}
    record = write_run(tmp_path, "one", DENSITY, one)
    figure = drawn(transition_figure(record.observables(), record.info()))
    assert "1 replicas" in figure.axes[0].get_title()
    assert all(np.isfinite(axis.lines[0].get_ydata()).all() for axis in figure.axes)
