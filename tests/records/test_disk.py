"""A full disk and a read-only disk, on a small tmpfs; skipped if none may be mounted."""

import subprocess

import pytest

from pruning_phases.records.run import DONE, FAILED, RunRecord, find_records
from tests.conftest import TINY
from tests.support.commands import command, train
from tests.support.runs import results

SWEEP = ["-m", *TINY, "trainer.num_threads=1", "pruner=magnitude,random", "seed=0,1,2"]


def mount(*words):
    return subprocess.run(["mount", *map(str, words)], capture_output=True, text=True, check=False)


@pytest.fixture
def disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        answer = mount("-t", "tmpfs", "-o", "size=600k", "tmpfs", folder)
    except OSError as error:
        pytest.skip(f"no mount here: {error}")
    if answer.returncode != 0:
        pytest.skip(f"no tmpfs can be mounted: {answer.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", str(folder)], check=True)


@pytest.mark.slow
def test_a_sweep_on_a_full_disk_ends_with_one_line_and_resumes_when_there_is_room(disk, tmp_path):
    reference = train(*SWEEP, "results_dir=elsewhere", cwd=tmp_path)
    assert reference.returncode == 0, reference.stderr
    words = [*SWEEP, f"results_dir={disk}"]
    result = train(*words, cwd=tmp_path)
    assert result.returncode == 1
    (line,) = result.stderr.strip().splitlines()
    assert "of 6 runs are not done" in line
    assert "No space left on device" in line and "make room" in line
    states = {record.id: record.state for record in find_records(disk / "transition")}
    done = [name for name, state in states.items() if state == DONE]
    assert 0 < len(done) < 6
    assert set(states.values()) <= {DONE, FAILED, "running"}
    finished = {name: RunRecord(disk, "transition", name).info()["finished"] for name in done}
    assert command("status", f"runs={disk}", "verify=true", cwd=tmp_path).returncode == 0

    assert mount("-o", "remount,size=50m", disk).returncode == 0
    again = train(*words, cwd=tmp_path)
    assert again.returncode == 0, again.stderr
    assert f"sweep: {len(done)} of 6 runs done, {6 - len(done)} to do" in again.stdout
    made = find_records(disk)
    assert len(made) == 6
    for record in made:
        assert record.info()["finished"] == finished.get(record.id, record.info()["finished"])
        assert results(record) == results(
            RunRecord(tmp_path / "elsewhere", "transition", record.id)
        )


@pytest.mark.slow
@pytest.mark.parametrize("sweep", [[], ["-m"]])
def test_a_read_only_results_folder_is_reported_and_can_be_read(sweep, disk, tmp_path):
    words = [*TINY, f"results_dir={disk}"]
    assert train(*words, cwd=tmp_path).returncode == 0
    assert mount("-o", "remount,ro", disk).returncode == 0
    same = train(*words, cwd=tmp_path)
    assert same.returncode == 0, same.stderr
    assert "done already, skipped" in same.stdout
    other = train(*sweep, *words, "seed=1", cwd=tmp_path)
    assert other.returncode in (1, 2)
    (line,) = other.stderr.strip().splitlines()
    assert str(disk) in line and "Read-only file system" in line
    assert command("status", f"runs={disk}", "verify=true", cwd=tmp_path).returncode == 0
