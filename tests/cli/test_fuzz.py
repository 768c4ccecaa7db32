"""Mistakes in any word of any command: one line, an exit code, and no traces."""

import itertools
import re
import shutil

import pytest

from pruning_phases.records.atomic import BESIDE
from pruning_phases.records.run import find_records
from tests.conftest import TINY
from tests.support.commands import train
from tests.support.forked import forked
from tests.support.mutations import mutated_commands

NUM_COMMANDS, NUM_PARTS = 540, 6
CODES = {0, 1, 2, 130}
SECONDS_TO_FIRST_LINE = 10


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("finished")
    sweep = train("-m", *TINY, "study=fuzz", "seed=0,1", cwd=folder)
    assert sweep.returncode == 0, sweep.stderr
    return folder / "multirun"


def fault(ended, folder):
    """Return what is wrong with the end of a command, or an empty text."""
    lines = ended.errors.strip().splitlines()
    if "Traceback" in ended.out + ended.errors:
        return "traceback"
    if ended.code not in CODES:
        return "exit code"
    if ended.seconds_to_first_text > SECONDS_TO_FIRST_LINE:
        return "hang"
    if ended.code and not (lines and re.match(r"pruning_phases\.\w+: error: .", lines[-1])):
        return "no line of error"
    if sum(": error: " in line for line in lines) > 1:
        return "several lines of error"
    if any(path.name.endswith(BESIDE) for path in folder.rglob("*")):
        return "a file is left beside its place"
    runs = {run for run in folder.glob("multirun/[!.]*/*") if run.is_dir()}
    readable = {record.folder for record in find_records(folder / "multirun") if record.state}
    if not runs <= readable:
        return "a folder of a run is half written"
    return ""


@pytest.mark.slow
@pytest.mark.parametrize("part", range(NUM_PARTS))
def test_mutated_commands_end_in_one_line(part, finished, tmp_path):
    faults = []
    commands = itertools.islice(mutated_commands(part), NUM_COMMANDS // NUM_PARTS)
    for number, (name, words) in enumerate(commands):
        cwd = tmp_path / f"{number}" / "a" / "b" / "c"
        shutil.copytree(finished, cwd / "multirun")
        ended = forked(name, words, cwd, SECONDS_TO_FIRST_LINE)
        if found := fault(ended, cwd):
            faults.append(f"{found}: {name} {words}: code {ended.code}\n{ended.errors[-2000:]}")
    assert not faults, "\n\n".join(faults)
