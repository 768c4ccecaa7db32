"""Reading of systems: unsuitable ones are reported, the others are read."""

import numpy as np
import pytest

from pruning_phases.analysis.common.systems import ids_of, read_systems
from pruning_phases.console import new_console
from pruning_phases.errors import UserError
from tests.support.written_records import write_run


@pytest.fixture
def records(tmp_path):
    return [
        write_run(tmp_path, f"width_{width}", np.ones(1), {"accuracy": np.ones((2, 1))}, width)
        for width in (10, 20)
    ]


def refuse(*ids):
    """A reader that raises UserError for these runs and returns the ids of the others."""

    def read(runs):
        if runs[0].id in ids:
            raise UserError(f"{ids_of(runs)}: unsuitable")
        return [run.id for run in runs]

    return read


def test_an_unsuitable_system_is_reported_and_left_out(records, capsys):
    found = read_systems(records, refuse("width_10"), new_console())
    assert found == {"fc mnist magnitude model.widths=[20,20]": ["width_20"]}
    assert capsys.readouterr().out == "left out: runs (width_10): unsuitable\n"


def test_the_first_error_is_raised_if_no_system_is_left(records):
    with pytest.raises(UserError, match="width_10"):
        read_systems(records, refuse("width_10", "width_20"), new_console())


def test_there_may_be_no_system(records, capsys):
    read = refuse("width_10", "width_20")
    assert read_systems(records, read, new_console(), may_be_none=True) == {}
    assert len(capsys.readouterr().out.splitlines()) == 2
