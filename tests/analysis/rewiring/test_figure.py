"""The figure of the families of graphs: losses over updates and over density."""

import numpy as np
import pandas as pd
import pytest

from pruning_phases.analysis.rewiring.figure import LABELS, MOST_POINTS, STYLES, rewiring_figure
from pruning_phases.analysis.rewiring.read import Trained
from pruning_phases.config.enums import FAMILIES
from tests.support.axes import drawn, is_dense_left, labels_of, legend_texts


def trained(family, density, updates=30, networks=4):
    """Losses 1 + density, scattered by 0.1 between networks."""
    index = [f"0:{number}" for number in range(networks)]
    final = 1 + density + 0.1 * np.arange(networks)
    losses = pd.DataFrame(np.tile(final[:, None], updates), index, np.arange(1, updates + 1))
    finals = pd.DataFrame({"final_training_loss": final, "accuracy": 1 / final}, index)
    return Trained("fc", density, family, losses, finals, 1.0, [])


@pytest.fixture
def figure():
    families = [trained(name, density) for density in (0.1, 0.01) for name in FAMILIES[:3]]
    return drawn(rewiring_figure(families, "title"))


def test_every_family_has_its_own_label_and_style():
    assert list(STYLES) and set(STYLES) == set(LABELS) == set(FAMILIES)
    for part in range(3):  # colour, line and marker
        assert len({str(style[part]) for style in STYLES.values()}) == len(FAMILIES)
    assert len(set(LABELS.values())) == len(FAMILIES)


def test_one_panel_per_density_and_two_over_density(figure):
    first, second, loss, accuracy = figure.axes
    assert [axis.get_title() for axis in (first, second)] == ["density 10.00%", "density 1.00%"]
    assert labels_of(first) == ("updates", "training loss (nats)")
    assert first.get_yscale() == loss.get_yscale() == "log"
    for axis in (loss, accuracy):
        assert is_dense_left(axis) and all(labels_of(axis))
        assert [tick.get_text() for tick in axis.get_xticklabels()] == ["0.01", "0.1"]
    assert "final training loss" in loss.get_ylabel() and accuracy.get_ylabel() == "accuracy"
    (lower,) = [part for part in figure.subfigs if part.legends]
    assert legend_texts(lower) == [LABELS[name] for name in FAMILIES[:3]]


def test_bars_are_means_and_standard_errors_over_networks(figure):
    bars = figure.axes[2].containers[0]
    np.testing.assert_allclose(bars.lines[0].get_ydata(), [1.25, 1.16])
    (segments,) = bars.lines[2]
    low, high = segments.get_segments()[0][:, 1]
    assert (high - low) / 2 == pytest.approx(0.1 * np.std(range(4), ddof=1) / 2)


def test_long_curves_are_averaged_over_stretches():
    entry = trained("original", 0.1, updates=1000)
    entry.losses.iloc[:, :] = np.arange(1.0, 1001)
    axis = drawn(rewiring_figure([entry], "")).axes[0]
    x, y = axis.lines[0].get_data()
    assert len(x) == MOST_POINTS
    np.testing.assert_allclose(x, y)  # a straight line stays one
    assert x[0] < 10 and x[-1] > 990


def test_a_single_density_leaves_no_empty_panel():
    figure = drawn(rewiring_figure([trained("original", 0.1)], ""))
    assert [axis.get_visible() for axis in figure.axes] == [True, False, True, True]
