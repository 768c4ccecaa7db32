"""The density axis runs the same way in every figure."""

from matplotlib.figure import Figure

from pruning_phases.analysis.common.axes import control_axis
from pruning_phases.observables.controls import CONTROLS
from tests.support.axes import is_dense_left


def test_the_dense_network_is_on_the_left_of_a_logarithmic_axis():
    axis = Figure().subplots()
    axis.plot([1e-3, 1.0], [0, 1])
    control_axis(axis)
    assert is_dense_left(axis) and axis.get_xlabel() == CONTROLS["density"].label


def test_a_second_call_does_not_turn_the_axis_back():
    upper, lower = Figure().subplots(2, sharex=True)
    upper.plot([1e-3, 1.0], [0, 1])
    for axis in (lower, upper):  # an even number of calls
        control_axis(axis, "rho")
    assert is_dense_left(upper) and is_dense_left(lower) and lower.get_xlabel() == "rho"
