"""Output that cannot be written or shown does not end a run."""

import subprocess
import sys

import pytest

from pruning_phases.records.run import DONE, find_records
from tests.conftest import TINY
from tests.support.commands import environment

PYTHON = f"{sys.executable} -m pruning_phases"
TRAIN = f"""{PYTHON}.train {" ".join(TINY)} "study='µ±'\""""


def shell(line, cwd, **more):
    """Run a line of bash; the exit code is that of the first command of a pipe."""
    return subprocess.run(
        ["bash", "-c", f"{line}; exit ${{PIPESTATUS[0]}}"], cwd=cwd, env=environment(**more),
        capture_output=True, timeout=300, check=False,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "output", "count"),
    [("", "| true", 1), ("-m seed=0,1", "| head -1", 2), ("", ">&- 2>&- <&-", 1),
     ("", "| cat", 1)],
)  # fmt: skip
def test_a_run_goes_on_to_its_end_whatever_its_output_can_take(words, output, count, tmp_path):
    """In ASCII, the name of the study and the ± of the table are replaced."""
    result = shell(f"{TRAIN} {words} {output}", tmp_path, PYTHONIOENCODING="ascii")
    assert (result.returncode, result.stderr) == (0, b"")
    if output == "| cat":
        assert b"record: multirun/??/" in result.stdout
    assert [record.state for record in find_records(tmp_path)] == [DONE] * count


@pytest.mark.parametrize(
    "command", [".train --help", ".table --help", " --help", ".train --cfg job", ".train --info"]
)
def test_a_reader_that_leaves_early_is_no_error(command, tmp_path):
    result = shell(f"{PYTHON}{command} | true", tmp_path)
    assert (result.returncode, result.stderr) == (0, b"")


def test_text_that_a_full_disk_loses_is_reported_at_the_end(tmp_path):
    result = shell(f"{PYTHON}.train --cfg job > /dev/full", tmp_path)
    assert result.returncode == 1
    (line,) = result.stderr.decode().splitlines()
    assert "standard output cannot be written (No space left on device)" in line
