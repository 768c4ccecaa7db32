"""Every run that a record can hold gets a W&B run: offline, and on a server with W&B's limits."""

import re

import pytest
from rich.console import Console

from pruning_phases.cli.train import make_run
from pruning_phases.observables.registry import SUSCEPTIBILITY, tracked
from tests.conftest import TINY
from tests.support.commands import train
from tests.support.slow_cases import slow
from tests.support.wandb_files import offline_run
from tests.support.wandb_server import fault, wandb_server

LONG = "x" * 150
ILLEGAL = "/\\#?%:"  # in a project's name


def logged(configure, *overrides):
    """The offline W&B run of a run with these overrides."""
    record = make_run(configure("logger=wandb", *overrides), Console(quiet=True))
    return offline_run(record.folder)


@pytest.mark.parametrize("study", ["50#3", *slow("a%20b", LONG), "\u00e4" * 125])
def test_a_study_of_any_name_gets_a_run(configure, study):
    run = logged(configure, f"study='{study}'")
    assert run["project"].startswith(study[:1]) and len(run["project"]) <= 128
    assert (run["project"] == study) == (len(study) == 125)


@pytest.mark.parametrize("character", [ILLEGAL[0], *slow(*ILLEGAL[1:])])
def test_a_project_with_illegal_characters_gets_a_run(configure, character):
    run = logged(configure, f"logger.project='a{character}b'")
    assert run["project"].startswith("a-b-")


@pytest.mark.parametrize(
    "given, head",
    [("first\nsecond", "first-second-"),
     *slow(("  blanks  ", "blanks-"), ("\ud800 half", "- half-"), ("bell\x07", "bell--")),
     ("\U0001f525" * 200, "\U0001f525" * 70)],
)  # fmt: skip
def test_names_and_groups_of_any_text_get_a_run(configure, given, head):
    config = configure("logger=wandb")
    config.logger.run_name = config.logger.group = given
    run = offline_run(make_run(config, Console(quiet=True)).folder)
    assert run["display_name"] == run["run_group"]
    assert run["display_name"].startswith(head) and len(run["display_name"]) <= 128


def test_a_tag_of_more_than_64_characters_is_shortened(configure, write):
    module = write(
        "def score(network, parameters, prunable, x, y):\n"
        "    return {name: parameters[name].abs() for name in prunable}\n\n\n"
        "score.READS = 'examples'\n",
        f"own{'_score' * 12}",
    )
    run = logged(configure, f"pruner.score={module}:score")
    assert run["tags"][:2] == ["fc", "digits"]
    assert len(run["tags"][2]) == 64 and run["tags"][2].startswith("own_score_score")
    assert run["config"]["update"]["pruner"]["score"] == f"{module}:score"


@pytest.mark.slow
def test_sweeps_and_their_runs_with_many_equal_overrides_have_different_names(tmp_path):
    words = ["-m", *TINY, "logger=wandb", "study='50% #3'", f"results_dir={tmp_path / 'runs'}"]
    for seeds in ("seed=0,1", "seed=2,3"):
        result = train(*words, f"data_dir={tmp_path / LONG}", seeds, cwd=tmp_path)
        assert result.returncode == 0 and "W&B" not in result.stdout, result.stdout
    folders = [*tmp_path.glob("runs/50*/*"), *tmp_path.glob("runs/.sweeps/*")]
    runs = [offline_run(folder) for folder in folders if folder.is_dir()]
    (project,) = {run["project"] for run in runs}
    assert project.startswith("50- -3-")
    names = [run["display_name"] for run in runs if run["job_type"] == "train"]
    assert [len(name) for name in names] == [128] * 4
    assert {name.rpartition("-")[0][-6:] for name in names} == {f"seed={n}" for n in range(4)}
    sweeps = [run for run in runs if run["job_type"] == "overview"]
    assert len(runs) == 6 and len(sweeps) == 2
    for name in ("run_id", "run_group", "display_name"):
        assert len({run[name] for run in sweeps}) == 2
    assert {run["run_group"] for run in runs} == {run["run_group"] for run in sweeps}


def test_long_names_that_differ_in_the_part_that_is_cut_stay_different(configure, monkeypatch):
    """At a server that refuses longer names: project, group, name and tag of two runs."""
    with wandb_server() as server:
        server.use_in(monkeypatch)
        for number in range(2):
            # The first and the last characters agree, and only those are kept.
            given = f"{LONG}{number}{LONG}"
            config = configure("logger=wandb", f"seed={number}", f"sweep.name={given}")
            config.logger.project = config.logger.group = config.logger.run_name = given
            make_run(config, Console(quiet=True))
    runs = [{**said, "project": project} for (project, _), said in server.runs.items()]
    for column in ("project", "groupName", "displayName"):
        assert [len(run[column]) for run in runs] == [128, 128]
        assert len({run[column] for run in runs}) == 2
    assert len({run["tags"][-1] for run in runs}) == 2 and len(runs[0]["tags"][-1]) == 64


def test_names_of_metrics_and_options_can_be_sorted_and_filtered_at_wandb(configure):
    """Letters, digits and _ in a metric; no more than three dots in the name of an option."""
    for name in (*tracked(), SUSCEPTIBILITY):
        assert re.fullmatch("[_a-zA-Z][_a-zA-Z0-9]*", name)
    run = logged(configure, "observables=[mylab.observable:margin]")
    assert max(name.count(".") for name in dotted(run["config"]["update"])) <= 3


def dotted(node, path=""):
    """Names of all values, the keys of nested options joined by dots."""
    for key, value in node.items():
        if isinstance(value, dict):
            yield from dotted(value, f"{path}{key}.")
        else:
            yield f"{path}{key}"


def test_a_server_with_the_limits_of_wandb_takes_any_names(configure, monkeypatch, caplog):
    given = {"project": "a/b#" * 40, "group": LONG, "run_name": "optimizer.lr=0.001 " * 30}
    config = configure("logger=wandb", f"sweep.name={LONG}")
    for key, name in given.items():
        setattr(config.logger, key, name)
    with wandb_server() as server:
        server.use_in(monkeypatch)
        record = make_run(config, Console(quiet=True))
    ((project, run),) = server.runs
    assert project.startswith("a-b-a-b-") and run == record.id
    assert len(server.rows[project, run]) == 5
    assert "W&B, online" not in caplog.text
    names = {"displayName": "n" * 580, "groupName": "g", "jobType": "train", "tags": ["fc", LONG]}
    assert fault(names) == "128 limit exceeded for displayName"  # the server does refuse them
    assert fault(names | {"displayName": "n"}).startswith("invalid tag")
