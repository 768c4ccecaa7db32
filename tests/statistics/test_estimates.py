"""Estimates over replicas, and their text with errors."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from pruning_phases.statistics.estimates import binder_cumulant, mean_and_error, susceptibility
from pruning_phases.statistics.quote import with_error


def test_mean_and_error_are_scipys():
    data = np.random.default_rng(0).normal(size=(8, 5))
    mean, error = mean_and_error(data)
    np.testing.assert_allclose(mean, data.mean(axis=0))
    np.testing.assert_allclose(error, stats.sem(data, axis=0))
    assert np.isnan(mean_and_error(data[:1])[1]).all()


def test_susceptibility_and_binder_cumulant():
    data = np.random.default_rng(1).normal(size=200_000)
    assert susceptibility(data, 10.0) == pytest.approx(10, rel=0.02)
    assert binder_cumulant(data) == pytest.approx(0, abs=0.02)
    assert binder_cumulant(np.full(9, 0.7)) == pytest.approx(2 / 3)
    assert np.isnan(binder_cumulant(np.zeros(3)))
    assert np.isnan(susceptibility([0.5], 10.0))


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (0.9712, 0.0021, "0.971(2)"), (0.9712, 0.0014, "0.9712(14)"), (123.4, 12.0, "123(12)"),
        (0.5, float("nan"), "0.5"), (float("nan"), 1.0, "nan"), (2.302585, 0.0, "2.303"),
        (0.05, 0.096, "0.05(10)"), (0.3448502, 4e-17, "0.3449"),
    ],
)  # fmt: skip
def test_numbers_with_errors(value, error, text):
    assert with_error(value, error) == text


def test_reading_records_needs_no_torch():
    """The half of the package that reads never imports torch."""
    code = (
        "import pkgutil, importlib, sys, pruning_phases.analysis as a, pruning_phases.records\n"
        "names = [m.name for m in pkgutil.walk_packages(a.__path__, a.__name__ + '.')]\n"
        "assert len(names) >= 4, names\n"
        "[importlib.import_module(name) for name in names]\n"
        "sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
