"""Atomic writing leaves the old file or the new one, and nothing beside it."""

import pytest

from pruning_phases.errors import RunError
from pruning_phases.records.atomic import write_beside


@pytest.mark.parametrize(
    ("stopped_by", "raised"),
    [(KeyboardInterrupt(), KeyboardInterrupt), (OSError(28, "full"), RunError)],
)
def test_a_write_that_is_stopped_leaves_the_old_file_alone(stopped_by, raised, tmp_path):
    path = tmp_path / "table"
    path.write_text("old")

    def write(beside):
        beside.write_text("half")
        raise stopped_by

    with pytest.raises(raised):
        write_beside(path, write)
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("table", "old")]
