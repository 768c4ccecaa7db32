"""Sweeps: composed once and checked as a whole, less what is done, and noted on disk."""

import json
import subprocess
import sys
from contextlib import suppress
from typing import ClassVar

import pytest
from hydra import initialize_config_dir
from hydra.core.global_hydra import GlobalHydra
from hydra.types import RunMode

from pruning_phases.config.checks import check
from pruning_phases.config.conf_folder import conf_dir
from pruning_phases.config.identity import run_id
from pruning_phases.config.register import register
from pruning_phases.errors import UserError
from pruning_phases.records.provenance import now
from pruning_phases.records.run import RunRecord, find_records
from pruning_phases.records.sweep import sweeps_of
from pruning_phases.sweeps import launch as sweep
from pruning_phases.sweeps.combinations import combinations, composer
from tests.cli.test_hydra_app import NO_DOWNLOAD, environment, train
from tests.conftest import TINY


@pytest.fixture
def loader():
    register()
    with initialize_config_dir(conf_dir(), version_base=None):
        yield GlobalHydra.instance().config_loader()


def master(loader, words):
    return loader.load_configuration("train", list(words), run_mode=RunMode.MULTIRUN)


GRIDS = [
    ["model=fc,cnn", "dataset=digits,gaussian", "seed=0,1"],
    ["pruner.steps=2,5", "optimizer=adam,sgd", "optimizer.lr=0.1", "pruner.densities=null,[0.5]"],
    ["dropout_phase=grid", "dropout_phase.p_train=[0,0.5],[0.2]", "dropout_phase.p_eval=[0.1]"],
    ["+trainer.options.log_every_n_steps=5", "seed=range(0,3)"],
    [
        "experiment=phase_diagram",
        "experiment_scale.train_sizes=[1,2,3],[4,5,6]",
        "scale=laptop,smoke",
    ],
    ["experiment=capacity", "pruner=snip,imp", "training.budget={rule:plateau,amount:3}"],
]


@pytest.mark.parametrize("words", GRIDS)
def test_the_quick_composition_is_hydras_own(words, loader):
    whole = master(loader, words)
    compose = composer(whole, loader)
    ids = set()
    for overrides in combinations(words, loader):
        plain = [override.input_line for override in overrides]
        slow = loader.load_sweep_config(whole, plain)
        del slow._content["hydra"]  # type: ignore[union-attr]
        quick = compose(overrides)
        assert quick == slow
        ids.add(run_id(check(quick)) if words is not GRIDS[1] else tuple(plain))
    assert len(ids) == len(combinations(words, loader)) > 1


def test_the_last_word_for_a_key_counts(loader):
    words = ["pruner=snip,imp,grasp", "seed=1", "pruner=random,none", "~experiment"]
    grid = [[one.input_line for one in job] for job in combinations(words, loader)]
    assert grid == [["pruner=random", "seed=1", "~experiment"], ["pruner=none", "seed=1",
                    "~experiment"]]  # fmt: skip
    with pytest.raises(UserError, match="seed: a sweep takes single values"):
        combinations(["seed=interval(0,1)"], loader)


def test_one_mistake_stops_the_whole_sweep_before_it_begins(tmp_path):
    result = train("-m", *TINY, "seed=0,1", "optimizer.lr=0.1,-1", cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.strip().endswith("give a number above 0 (of seed=0 optimizer.lr=-1)")
    assert not list(tmp_path.iterdir())


def test_the_same_sweep_in_two_studies_is_two_sweeps(tmp_path):
    for study in ("one", "two"):
        assert train("-m", *TINY, "seed=0,1", f"study={study}", cwd=tmp_path).returncode == 0
    records = sweeps_of([tmp_path / "multirun" / "one"])
    assert {run["study"] for record in records for run in record.read()["runs"]} == {"one", "two"}
    assert len(records) == 2
    folders = {path.name for path in (tmp_path / "multirun" / ".sweeps").iterdir()}
    assert folders == {record.name for record in records}  # and nothing empty beside them


def test_a_run_that_fails_before_it_begins_is_in_the_record(tmp_path):
    words = ["-m", *TINY, "dataset=mnist", "data_dir=nowhere", "results_dir=here"]
    result = train(*words, cwd=tmp_path, **NO_DOWNLOAD)
    assert result.returncode == 1
    (record,) = find_records(tmp_path / "here")
    info = record.info()
    assert info["state"] == "failed" and "not in data_dir=nowhere" in info["error"]
    assert info["command"][1:] == words


def test_combinations_that_are_one_run_are_made_once(tmp_path):
    words = ["-m", *TINY, "pruner=none", "pruner.steps=2,3", "results_dir=here"]
    result = train(*words, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "note: 1 of 2 combinations are the same run" in result.stdout
    assert len(list(tmp_path.rglob("run.json"))) == 1


def test_what_is_done_is_not_launched_again_and_the_note_tells_it(tmp_path):
    assert train("-m", *TINY, "seed=0,1", cwd=tmp_path).returncode == 0
    result = train("-m", *TINY, "seed=0,1,2", "pruner=magnitude,random", cwd=tmp_path)
    assert "sweep: 2 of 6 runs done, 4 to do" in result.stdout
    assert "run 4 of 4" in result.stdout and "sweep: 6 of 6 runs done" in result.stdout
    notes = sweeps_of([tmp_path / "multirun" / "transition"])
    assert len(notes) == 2
    (larger,) = [content for note in notes if len((content := note.read())["runs"]) == 6]
    runs = {file.parent.name for file in tmp_path.glob("multirun/transition/*/run.json")}
    assert {run["run"] for run in larger["runs"]} == runs
    assert larger["runs"][0]["swept"] == "seed=0 pruner=magnitude"
    for run in runs:
        info = json.loads((tmp_path / "multirun" / "transition" / run / "run.json").read_text())
        assert info["machine"]["sweep"]["name"] in {note.name for note in notes}


def test_a_job_that_composes_to_another_run_than_it_was_submitted_for_is_refused(tmp_path):
    result = train(*TINY, "sweep.run=abc", cwd=tmp_path)
    assert result.returncode == 2
    assert "conf was edited since the sweep began; begin it again" in result.stderr


def test_a_sweep_over_topologies_knows_its_runs_once_the_pruned_ones_are_there(tmp_path):
    words = ["-m", *TINY, "topology=original,random", "topology.density=0.2", "figures=[rewiring]",
             "topology.training.amount=20"]  # fmt: skip
    first = train(*words, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    assert first.stdout.count("rewiring.png") == 1  # over all runs, at the end
    second = train(*words, cwd=tmp_path)
    assert "sweep: 2 of 2 runs done, 0 to do" in second.stdout
    (note,) = sweeps_of([tmp_path / "multirun"])
    assert all(run["run"] for run in note.read()["runs"])


def test_an_unreadable_record_costs_its_own_run_alone(tmp_path):
    words = ["-m", *TINY, "seed=0,1"]
    assert train(*words, cwd=tmp_path).returncode == 0
    first, second = sorted(tmp_path.glob("multirun/transition/*/run.json"))
    first.write_text("{")
    second.unlink()
    result = train(*words, cwd=tmp_path)
    assert result.returncode == 1
    assert f"{first.name} is unreadable" in result.stderr and "1 of 2 runs" in result.stderr
    assert json.loads(second.read_text())["state"] == "done"


def test_sigterm_ends_the_whole_sweep(tmp_path):
    words = ["-m", *TINY, "seed=0,1,2", "pruner.finetune.amount=4000", "checkpoint_seconds=0"]
    process = subprocess.Popen(
        [sys.executable, "-m", "pruning_phases.train", *words], cwd=tmp_path, env=environment(),
        text=True, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
    )  # fmt: skip
    while not list(tmp_path.rglob("checkpoint.safetensors")):
        assert process.poll() is None
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
    process.terminate()
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 143 and "told to end (SIGTERM)" in errors
    assert len(list(tmp_path.rglob("run.json"))) == 1


def test_two_launches_at_once_make_every_run_once(tmp_path):
    words = ["-m", *TINY, "seed=0,1,2", "pruner.finetune.amount=60"]
    command = [sys.executable, "-m", "pruning_phases.train", *words]
    both = [
        subprocess.Popen(command, cwd=tmp_path, env=environment(), text=True,
                         stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        for _ in range(2)
    ]  # fmt: skip
    said = [process.communicate(timeout=300)[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    infos = [json.loads(file.read_text()) for file in tmp_path.rglob("run.json")]
    assert len(infos) == 3
    assert all(info["state"] == "done" and info["resumed"] == [] for info in infos)


def test_a_run_that_another_process_holds_comes_again_at_the_end(monkeypatch):
    """Of five runs, a is held at its first turn, b for good, d is made elsewhere meanwhile, and e
    has failed there."""
    looks, launched = [], []

    def is_held(job):
        looks.append(job)
        return job == "b" or (job == "a" and looks.count("a") == 1)

    monkeypatch.setattr(sweep, "_is_held", is_held)
    monkeypatch.setattr(sweep, "_is_done", lambda job: job == "d" or job in launched)
    monkeypatch.setattr(sweep, "_has_failed_since", lambda job, began: job == "e")
    sweep._one_after_another(list("abcde"), lambda i: launched.append("abcde"[i]))
    assert launched == ["c", "a"]
    assert looks == ["a", "b", "c", "d", "e", "a", "b", "b"]


def test_a_run_that_others_failed_at_meanwhile_is_not_tried_again(tmp_path, configure):
    config = configure(f"results_dir={tmp_path}")
    record = RunRecord(tmp_path, config.study, run_id(config))
    job = sweep.Job([], "", config, record.id)
    before = now()
    record.begin({}, {})
    record.fail("it did not work")
    assert sweep._has_failed_since(job, before)
    assert not sweep._has_failed_since(job, "2999-01-01T00:00:00+00:00")


def test_a_worker_that_dies_costs_its_own_batch_alone():
    class Launcher:
        launched: ClassVar[list] = []

        def launch(self, batch, initial_job_idx):
            self.launched.append((initial_job_idx, len(batch)))
            if initial_job_idx == 0:
                raise RuntimeError("a worker died")

    jobs = [sweep.Job([], "", None, str(number)) for number in range(5)]
    with pytest.raises(RuntimeError, match="a worker died"):
        sweep._launch(jobs, "name", Launcher(), 2, None, lambda: None)
    assert Launcher.launched == [(0, 2), (2, 2), (4, 1)]
