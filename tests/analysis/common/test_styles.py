"""Styles of many curves: distinguishable in colour and in grey."""

import numpy as np
import pytest

from pruning_phases.analysis.common.styles import MARKERS, line_style, marker, shade


def luminance(colour):
    return float(np.dot(colour[:3], (0.2126, 0.7152, 0.0722)))


@pytest.mark.parametrize("count", [1, 2, 5, 20])
def test_curves_darken_from_the_first_to_the_last(count):
    grey = [luminance(shade(index, count)) for index in range(count)]
    assert (np.diff(grey) < 0).all() and max(grey) < 0.85  # visible on white


def test_twenty_curves_have_twenty_styles():
    styles = [line_style(index, 20) for index in range(20)]
    assert len({(one["marker"], one["linestyle"]) for one in styles}) == 20
    assert len({one["color"] for one in styles}) == 20


def test_markers_repeat_after_the_last():
    assert marker(len(MARKERS)) == marker(0) and len(set(MARKERS)) == len(MARKERS)
