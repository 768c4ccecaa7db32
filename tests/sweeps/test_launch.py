"""A sweep is composed and checked as a whole, makes what is not done, and is recorded."""

import copy
import json
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import pytest
from hydra.core.utils import JobReturn, JobStatus
from hydra.types import RunMode

from pruning_phases.config.groups import SweepConfig
from pruning_phases.config.identity import run_id
from pruning_phases.console import new_console
from pruning_phases.errors import RunError, UserError
from pruning_phases.records.run import RunRecord, find_records
from pruning_phases.records.sweep import SweepRecord, sweeps_of
from pruning_phases.sweeps.combinations import combinations, composer
from pruning_phases.sweeps.launch import _conclude, _launch, _one_after_another
from pruning_phases.sweeps.plan import Job
from tests.conftest import TINY
from tests.support.commands import NO_DOWNLOAD, started_train, train
from tests.support.slow_cases import slow
from tests.support.written_records import PHYSICS


def master(loader, words):
    return loader.load_configuration("train", list(words), run_mode=RunMode.MULTIRUN)


GRIDS = [
    ["model=fc,cnn", "dataset=digits,gaussian", "seed=0,1"],
    ["pruner.steps=2,5", "optimizer=adam,sgd", "optimizer.lr=0.1", "pruner.densities=null,[0.5]"],
    ["dropout_phase=grid", "dropout_phase.p_train=[0,0.5],[0.2]", "dropout_phase.p_eval=[0.1]"],
    ["optimizer=adam,sgd", "training.budget={rule:epochs},{amount:7}", "optimizer.lr=0.1,0.2"],
    ["+trainer.options.log_every_n_steps=5", "seed=range(0,3)"],
    [
        "experiment=phase_diagram",
        "experiment_scale.train_sizes=[1,2,3],[4,5,6]",
        "scale=laptop,smoke",
    ],
    ["experiment=capacity", "pruner=snip,imp", "training.budget={rule:plateau,amount:3}"],
]


@pytest.mark.parametrize("words", [*GRIDS[:3], *slow(*GRIDS[3:])])
def test_every_composed_configuration_equals_that_of_hydra(words, loader):
    whole = master(loader, words)
    compose = composer(whole, loader)
    grid = combinations(words, loader)
    found = [copy.deepcopy(compose(overrides)) for overrides in grid]
    for overrides, composed in zip(grid, found, strict=True):
        expected = loader.load_sweep_config(whole, [one.input_line for one in overrides])
        del expected._content["hydra"]  # type: ignore[union-attr]
        assert composed == expected
    assert len(set(map(str, found))) == len(grid) > 1


def test_the_last_value_of_a_key_counts(loader):
    words = ["pruner=snip,imp,grasp", "seed=1", "pruner=random,none", "~experiment"]
    grid = [[one.input_line for one in job] for job in combinations(words, loader)]
    assert grid == [["pruner=random", "seed=1", "~experiment"], ["pruner=none", "seed=1",
                    "~experiment"]]  # fmt: skip


def test_an_interval_is_refused(loader):
    with pytest.raises(UserError, match="seed: a sweep takes single values"):
        combinations(["seed=interval(0,1)"], loader)


def test_one_mistake_stops_the_sweep_before_it_begins(tmp_path):
    result = train("-m", *TINY, "seed=0,1", "optimizer.lr=0.1,-1", cwd=tmp_path)
    assert result.returncode == 2
    assert "lr=-1.0: give a number above 0" in result.stderr
    assert result.stderr.strip().endswith("(of seed=0 optimizer.lr=-1)")
    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_the_same_overrides_in_two_studies_are_two_sweeps(tmp_path):
    for study in ("one", "two"):
        assert train("-m", *TINY, "seed=0,1", f"study={study}", cwd=tmp_path).returncode == 0
    records = sweeps_of([tmp_path / "multirun" / "one"])
    assert {run["study"] for record in records for run in record.read()["runs"]} == {"one", "two"}
    assert len(records) == 2
    folders = {path.name for path in (tmp_path / "multirun" / ".sweeps").iterdir()}
    assert folders == {record.name for record in records}  # and nothing empty beside them


def test_a_run_that_fails_before_it_begins_has_a_record_with_the_error(tmp_path):
    words = ["-m", *TINY, "dataset=mnist", "data_dir=nowhere", "results_dir=here"]
    result = train(*words, cwd=tmp_path, **NO_DOWNLOAD)
    assert result.returncode == 1
    (record,) = find_records(tmp_path / "here")
    info = record.info()
    assert info["state"] == "failed" and "not in data_dir=nowhere" in info["error"]
    assert info["command"][1:] == words


def test_combinations_with_the_same_physics_are_one_run(tmp_path):
    words = ["-m", *TINY, "pruner=none", "pruner.steps=2,3", "results_dir=here"]
    result = train(*words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "note: 1 of 2 combinations are the same run" in result.stdout
    assert len(list(tmp_path.rglob("run.json"))) == 1


@pytest.mark.slow
def test_a_larger_sweep_makes_only_the_runs_that_are_not_done(tmp_path):
    assert train("-m", *TINY, "seed=0,1", cwd=tmp_path).returncode == 0
    result = train("-m", *TINY, "seed=0,1,2", "pruner=magnitude,random", cwd=tmp_path)
    assert "sweep: 2 of 6 runs done, 4 to do" in result.stdout
    assert "run 4 of 4" in result.stdout and "sweep: 6 of 6 runs done" in result.stdout
    sweeps = sweeps_of([tmp_path / "multirun" / "transition"])
    assert len(sweeps) == 2
    (larger,) = [content for one in sweeps if len((content := one.read())["runs"]) == 6]
    runs = {file.parent.name for file in tmp_path.glob("multirun/transition/*/run.json")}
    assert {run["run"] for run in larger["runs"]} == runs
    assert larger["runs"][0]["swept"] == "seed=0 pruner=magnitude"
    for run in runs:
        info = json.loads((tmp_path / "multirun" / "transition" / run / "run.json").read_text())
        assert info["machine"]["sweep"]["name"] in {one.name for one in sweeps}


def test_a_job_refuses_to_make_another_run_than_it_was_submitted_for(tmp_path):
    result = train(*TINY, "sweep.run=abc", cwd=tmp_path)
    assert result.returncode == 2
    assert "conf was edited since the sweep began; begin it again" in result.stderr


@pytest.mark.slow
def test_a_sweep_over_topologies_records_its_run_ids_when_the_pruned_runs_are_done(tmp_path):
    words = ["-m", *TINY, "topology=original,random", "topology.density=0.2", "figures=[rewiring]",
             "topology.training.amount=20"]  # fmt: skip
    first = train(*words, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert first.stdout.count("rewiring.png") == 1  # over all runs, at the end
    second = train(*words, cwd=tmp_path)
    assert "sweep: 2 of 2 runs done, 0 to do" in second.stdout
    (sweep,) = sweeps_of([tmp_path / "multirun"])
    assert all(run["run"] for run in sweep.read()["runs"])


@pytest.mark.slow
def test_an_unreadable_record_does_not_stop_the_other_runs(tmp_path):
    words = ["-m", *TINY, "seed=0,1"]
    assert train(*words, cwd=tmp_path).returncode == 0
    first, second = sorted(tmp_path.glob("multirun/transition/*/run.json"))
    first.write_text("{")
    second.unlink()
    result = train(*words, cwd=tmp_path)
    assert result.returncode == 1
    assert f"{first.name} is unreadable" in result.stderr and "1 of 2 runs" in result.stderr
    assert json.loads(second.read_text())["state"] == "done"


@pytest.mark.slow
def test_sigterm_ends_the_whole_sweep(tmp_path):
    words = ["-m", *TINY, "seed=0,1,2", "pruner.finetune.amount=4000", "checkpoint_seconds=0"]
    process = started_train(*words, cwd=tmp_path)
    while not list(tmp_path.rglob("checkpoint.safetensors")):
        assert process.poll() is None
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    process.terminate()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 143 and "ended by SIGTERM" in errors
    assert len(list(tmp_path.rglob("run.json"))) == 1


@pytest.mark.slow
def test_two_launches_at_once_make_every_run_once(tmp_path):
    words = ["-m", *TINY, "seed=0,1,2", "pruner.finetune.amount=60"]
    both = [started_train(*words, cwd=tmp_path) for _ in range(2)]
    outputs = [process.communicate(timeout=300) for process in both]
    assert [process.returncode for process in both] == [0, 0], outputs
    infos = [json.loads(file.read_text()) for file in tmp_path.rglob("run.json")]
    assert len(infos) == 3
    assert all(info["state"] == "done" and len(info["segments"]) == 1 for info in infos)


class OtherProcesses:
    """Job of a sweep at which other processes are at work: ``held`` looks find its run held.

    failed_at: times of its last failure, one for each look.
    """

    def __init__(self, held=0, is_done=False, failed_at=()):
        self.held, self.is_done, self._failed_at = held, is_done, list(failed_at)

    @property
    def is_held(self):
        self.held -= 1
        return self.held >= 0

    @property
    def failed_at(self):
        return self._failed_at.pop(0) if self._failed_at else None


def test_a_run_that_another_process_holds_has_its_turn_again_at_the_end():
    forever = 1000
    jobs = [OtherProcesses(held=1), OtherProcesses(held=forever), OtherProcesses()]
    launched = []

    def launch(i):
        launched.append(i)
        jobs[i].is_done = True

    _one_after_another(jobs, launch)
    assert launched == [2, 0]


NOON, LATER = "2026-01-01T12:00:00+00:00", "2026-01-01T12:00:01+00:00"


@pytest.mark.parametrize(
    "job",
    [
        OtherProcesses(is_done=True),
        OtherProcesses(failed_at=[None, NOON]),
        OtherProcesses(failed_at=[NOON, LATER]),
    ],
)
def test_a_run_that_another_process_has_ended_is_not_launched(job):
    _one_after_another([job], lambda i: pytest.fail("launched"))


def test_a_run_that_ends_while_the_sweep_concludes_is_not_missing(capsys):
    class EndsNow(OtherProcesses):
        @property
        def is_held(self):
            self.is_done, was_held = True, not self.is_done
            return was_held

    _conclude([EndsNow(), OtherProcesses(held=1)], True, None, new_console(), {})
    assert "1 of 2 runs done, 1 being made by other processes" in capsys.readouterr().out


def test_a_run_that_had_failed_before_is_launched_at_any_time(tmp_path, configure):
    config = configure(f"results_dir={tmp_path}")
    record = RunRecord(tmp_path, config.study, run_id(config))
    record.begin(PHYSICS, {})
    record.fail("it did not work")  # in this very second
    launched = []
    _one_after_another([Job([], "", config, record.id)], launched.append)
    assert launched == [0]


def test_an_error_that_the_record_of_a_run_cannot_tell_is_in_the_last_line(configure):
    """A full disk leaves no room for the error in the record."""

    class Launcher:
        def launch(self, batch, initial_job_idx):
            failed = OSError("No space left on device\nmore")
            return [JobReturn(status=JobStatus.FAILED, _return_value=failed) for _ in batch]

    config = configure()
    jobs, errors = [Job([], f"seed={number}", config, f"id{number}") for number in (0, 1)], {}
    record = SweepRecord(Path(config.results_dir), "name")
    _launch(jobs, record, Launcher(), 2, lambda waiting: None, SweepConfig(), errors)
    with pytest.raises(RunError, match="seed=0: No space left on device; seed=1: No space"):
        _conclude(jobs, True, None, new_console(), errors)


def test_a_worker_that_dies_does_not_stop_the_other_batches(tmp_path):
    class Launcher:
        launched: ClassVar[list] = []

        def launch(self, batch, initial_job_idx):
            self.launched.append((initial_job_idx, len(batch)))
            if initial_job_idx == 0:
                raise RuntimeError("a worker died")

    jobs = [Job([], "", None, str(number)) for number in range(5)]
    record = SweepRecord(tmp_path, "name")
    with pytest.raises(RuntimeError, match="a worker died"):
        _launch(jobs, record, Launcher(), 2, lambda waiting: None, SweepConfig(), {})
    assert Launcher.launched == [(0, 2), (2, 2), (4, 1)]


def test_a_sweep_of_several_grids_makes_each_combination_once(tmp_path):
    """Grids differ in their keys; the words of the command hold in all of them."""
    grids = "[{pruner: 'random,magnitude'},{pruner: magnitude, optimizer.lr: '0.001,0.002'}]"
    result = train("-m", *TINY, f"hydra.sweeper.grids={grids}", "num_replicas=1", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "note: 1 of 4 combinations are the same run" in result.stdout
    runs = [record.info()["physics"] for record in find_records(tmp_path / "multirun")]
    found = sorted((run["pruner"]["score"], run["optimizer"]["lr"]) for run in runs)
    assert found == [("magnitude", 0.001), ("magnitude", 0.002), ("random", 0.001)]


@pytest.mark.parametrize(
    ("rates", "said"), [("0.001", "no space"), ("0.001,1e30", "1 of 2 runs are not done")]
)
def test_a_sweep_that_cannot_record_its_end_names_failed_runs_first(
    rates, said, tmp_path, monkeypatch
):
    write, written = SweepRecord.write, []

    def write_once(record, *content):
        if written:
            raise RunError("no space")
        written.append(write(record, *content))

    monkeypatch.setattr(SweepRecord, "write", write_once)
    words = ["-m", *TINY, "num_replicas=1", f"optimizer.lr={rates}"]
    result = train(*words, cwd=tmp_path)
    assert result.returncode == 1 and said in result.stderr
