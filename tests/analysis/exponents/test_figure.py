"""Figures of critical laws: the fit, its residuals, the windows, the comparison of runs."""

from dataclasses import replace

import numpy as np
import pytest

from pruning_phases.analysis.exponents.figure import comparison_figure, exponents_figure
from pruning_phases.analysis.exponents.fit import fit_law
from pruning_phases.statistics.curves import errors_of_mean
from tests.analysis.exponents.test_fit import planted
from tests.support.axes import drawn, is_dense_left, labels_of, legend_texts


@pytest.fixture(scope="module")
def law():
    return fit_law(planted(0), num_resampled=100)


@pytest.fixture(scope="module")
def panels(law):
    return drawn(exponents_figure({"accuracy": law}, "title")).axes[:3]


def test_axes_have_labels_and_densities_fall_to_the_right(panels):
    curve, residuals, windows = panels
    assert is_dense_left(curve) and is_dense_left(residuals)
    assert all(all(labels_of(axis)) for axis in panels)
    assert labels_of(windows) == (r"$\rho_c$", r"$\beta$")
    assert legend_texts(curve) == ["window", r"$A(\rho-\rho_c)^\beta$"]


def test_the_line_is_the_fitted_law_up_to_the_window_s_end(panels, law):
    line = panels[0].lines[-1]
    x, y = line.get_data()
    expected = law.amplitude * (x - law.critical_point) ** law.exponent
    np.testing.assert_allclose(y, expected, rtol=1e-6)
    assert x.max() == pytest.approx(law.curve.control[law.window.last])
    assert line.get_linestyle() == "-"


def test_residuals_are_in_units_of_the_error_of_the_mean(panels, law):
    inside = slice(law.window.first, law.window.last + 1)
    residuals = panels[1].lines[0].get_ydata()
    assert len(residuals) == law.window.last - law.window.first + 1
    x = law.curve.control[inside]
    fit = law.amplitude * (x - law.critical_point) ** law.exponent
    off = (law.curve.values.mean(axis=0)[inside] - fit) / errors_of_mean(law.curve)[inside]
    np.testing.assert_allclose(residuals, off, rtol=1e-6)
    assert (residuals**2).sum() == pytest.approx(law.window.chi2, rel=1e-3)


def test_every_admissible_window_is_a_dot_the_best_one_the_largest(panels, law):
    dots = panels[2].collections[0]
    assert len(dots.get_offsets()) == len(law.scan)
    best = int(np.argmax(dots.get_sizes()))
    assert tuple(dots.get_offsets()[best]) == (law.window.critical_point, law.window.exponent)


def test_a_law_that_is_not_determined_is_dotted_with_the_reason(law):
    unknown = replace(law, critical_point=None, exponent=None, reason="the fit ends on a bound")
    axis = drawn(exponents_figure({"accuracy": unknown}, "")).axes[0]
    assert axis.lines[-1].get_linestyle() == ":"
    assert axis.get_title() == "not determined: the fit ends on a bound"


def test_a_run_without_any_law_has_an_empty_figure():
    assert drawn(exponents_figure({}, "title")).get_suptitle() == "title"


def entry(run, name, critical, exponent):
    pair = [None if value is None else {"value": value, "error": value / 10}
            for value in (critical, exponent)]  # fmt: skip
    return {"run": run, "name": f"net {run}", "order_parameter": name,
            "critical_point": pair[0], "exponent": pair[1]}  # fmt: skip


def test_runs_are_compared_row_by_row():
    fits = [
        entry(run, name, 0.01 * (1 + index), 0.5)
        for index, run in enumerate("ab")
        for name in ("accuracy", "prediction_entropy")
    ]
    fits.append(entry("c", "accuracy", None, None))
    curves = [planted(seed) for seed in range(3)]
    figure = drawn(comparison_figure(fits, curves))
    above, left, right = figure.axes
    assert is_dense_left(above) and is_dense_left(left) and not is_dense_left(right)
    assert legend_texts(above) == ["net a", "net b", "net c"]
    assert [label.get_text() for label in left.get_yticklabels()] == ["net a", "net b", "net c"]
    assert [text.get_text() for text in left.texts] == ["not determined"]
    rows = sorted(bars.lines[0].get_ydata()[0] for bars in right.containers)
    np.testing.assert_allclose(rows, [-0.09, 0.09, 0.91, 1.09])
    top, bottom = left.get_ylim()
    assert top > bottom  # the first run is the uppermost row
