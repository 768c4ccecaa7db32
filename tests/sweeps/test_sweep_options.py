"""Options of a sweep: paired values, combinations left out, sets in a file, a dry run, a stop."""

import re

import pytest

from pruning_phases.errors import UserError
from pruning_phases.records.run import find_records
from pruning_phases.sweeps.combinations import combinations, left_out, sets_in
from tests.conftest import TINY
from tests.support.commands import train

WIDTHS_AND_RATES = ["model.width=8,16,32", "seed=0,1", "optimizer.lr=0.3,0.2,0.1"]


def words_of(grid):
    return [" ".join(str(one.input_line) for one in job) for job in grid]


def test_zipped_values_go_together(loader):
    found = words_of(combinations(WIDTHS_AND_RATES, loader, ["model.width", "optimizer.lr"]))
    assert found == [
        f"model.width={width} seed={seed} optimizer.lr={rate}"
        for width, rate in ((8, 0.3), (16, 0.2), (32, 0.1)) for seed in (0, 1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("zipped", "said"),
    [(["model.width", "seed"], "model.width has 3, seed has 2"),
     (["model.width", "model.depth"], "model.depth has 0")],
)  # fmt: skip
def test_zipped_keys_need_as_many_values(loader, zipped, said):
    with pytest.raises(UserError, match=rf"sweep.zip=.*{said}"):
        combinations(WIDTHS_AND_RATES, loader, zipped)


def test_combinations_are_left_out_by_a_part_of_their_overrides(loader):
    grid = combinations(["model.width=8,16", "seed=0,1,2"], loader)
    found = words_of(left_out(grid, ["seed=1", "seed=2 model.width=8"], loader))
    assert found == ["model.width=8 seed=0", "model.width=16 seed=0", "model.width=16 seed=2"]
    with pytest.raises(UserError, match="no combination has seed=7"):
        left_out(grid, ["seed=7"], loader)
    with pytest.raises(UserError, match="leaves no combination"):
        left_out(grid, ["model.width=8", "model.width=16"], loader)


def test_each_line_of_a_file_is_a_set_of_overrides(tmp_path):
    file = tmp_path / "sets.txt"
    file.write_text("model=fc seed=0,1  # two runs\n\n'study=a b'\n")
    assert sets_in(str(file)) == [["model=fc", "seed=0,1"], ["study=a b"]]
    assert sets_in(None) == [[]]
    file.write_text("# nothing\n")
    for path in (file, tmp_path / "none"):
        with pytest.raises(UserError, match=r"sweep.file=.*(no overrides|No such file)"):
            sets_in(str(path))


def test_a_dry_run_lists_runs_and_makes_none(tmp_path):
    words = ["-m", *TINY, "num_replicas=1", "seed=0,1,2", "sweep.leave_out=['seed=1']"]
    dry = train(*words, "sweep.dry_run=true", cwd=tmp_path)
    assert dry.returncode == 0, dry.stderr
    assert "dry run: 0 of 2 runs done, 2 to do; the time is not known" in dry.stdout
    assert "seed=0" in dry.stdout and "seed=1 " not in dry.stdout
    assert not list(tmp_path.iterdir())
    assert train(*words, cwd=tmp_path).returncode == 0
    again = train(*words, "seed=0,1,2,3", "sweep.dry_run=true", cwd=tmp_path)
    assert re.search(r"2 of 3 runs done, 1 to do; one after another .* s, if", again.stdout)


@pytest.mark.parametrize("launcher", ["basic", pytest.param("local", marks=pytest.mark.slow)])
def test_no_run_begins_after_the_first_failure(launcher, tmp_path):
    words = ["-m", *TINY, "num_replicas=1", "seed=0,1,2,3,4,5,6,7", f"hydra/launcher={launcher}"]
    stop = ["sweep.stop_at_failure=true"]
    failed = train(*words, "optimizer.lr=1e30", *stop, cwd=tmp_path)
    assert failed.returncode == 1 and "(stopped at the first failure)" in failed.stderr
    begun = len(find_records(tmp_path / "multirun"))
    assert begun == 1 if launcher == "basic" else begun < 8
    again = train(*words, "optimizer.lr=0.001", *stop, cwd=tmp_path)
    assert again.returncode == 0, again.stderr  # the failure of another sweep does not count


@pytest.mark.parametrize("option", ["dry_run=true", "zip=[seed]", "detach=true"])
def test_options_of_a_sweep_need_a_sweep(option, tmp_path):
    result = train(*TINY, f"sweep.{option}", cwd=tmp_path)
    assert result.returncode == 2 and "is for sweeps: add -m" in result.stderr
    assert not list(tmp_path.iterdir())


def test_only_a_queue_can_be_left(tmp_path):
    result = train("-m", *TINY, "sweep.detach=true", cwd=tmp_path)
    assert result.returncode == 2 and "needs hydra/launcher=slurm" in result.stderr
