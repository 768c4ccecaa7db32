"""Every run that a record can hold gets a W&B run: offline, and on a server with W&B's limits."""

import pytest
from rich.console import Console

from pruning_phases.cli.train import make_run
from tests.conftest import TINY
from tests.support.commands import train
from tests.support.wandb_files import offline_run
from tests.support.wandb_server import fault, wandb_server

LONG = "x" * 150
ILLEGAL = "/\\#?%:"  # in a project's name


def logged(configure, *overrides):
    """The offline W&B run of a run with these overrides."""
    record = make_run(configure("logger=wandb", *overrides), Console(quiet=True))
    return offline_run(record.folder)


@pytest.mark.parametrize("study", ["50#3", "a%20b", LONG, "\u00e4" * 125])
def test_a_study_of_any_name_gets_a_run(configure, study):
    run = logged(configure, f"study='{study}'")
    assert run["project"].startswith(study[:1]) and len(run["project"]) <= 128
    assert (run["project"] == study) == (len(study) == 125)


@pytest.mark.parametrize("character", ILLEGAL)
def test_a_project_with_illegal_characters_gets_a_run(configure, character):
    run = logged(configure, f"logger.project='a{character}b'")
    assert run["project"].startswith("a-b-")


@pytest.mark.parametrize(
    "given, head",
    [("first\nsecond", "first-second-"), ("  blanks  ", "blanks-"), ("\ud800 half", "- half-"),
     ("\U0001f525" * 200, "\U0001f525" * 70), ("bell\x07", "bell--")],
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
def test_the_runs_of_a_sweep_with_many_overrides_have_different_names(tmp_path):
    words = ["-m", *TINY, "logger=wandb", "study='50% #3'", f"results_dir={tmp_path / 'runs'}"]
    result = train(*words, f"data_dir={tmp_path / LONG}", "seed=0,1", cwd=tmp_path)
    assert result.returncode == 0 and "W&B" not in result.stdout, result.stdout
    folders = [*tmp_path.glob("runs/50*/*"), *tmp_path.glob("runs/.sweeps/*")]
    runs = [offline_run(folder) for folder in folders if folder.is_dir()]
    (project,) = {run["project"] for run in runs}
    assert project.startswith("50- -3-")
    names = [run["display_name"] for run in runs if run["job_type"] == "train"]
    assert [len(name) for name in names] == [128, 128]
    assert {name.rpartition("-")[0][-6:] for name in names} == {"seed=0", "seed=1"}
    assert len(runs) == 3  # with that of the sweep


def test_a_server_with_the_limits_of_wandb_takes_any_names(configure, monkeypatch, caplog):
    given = {"project": "a/b#" * 40, "group": LONG, "run_name": "optimizer.lr=0.001 " * 30}
    config = configure("logger=wandb", f"sweep.name={LONG}")
    for key, name in given.items():
        setattr(config.logger, key, name)
    with wandb_server() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        record = make_run(config, Console(quiet=True))
    ((project, run),) = server.runs
    assert project.startswith("a-b-a-b-") and run == record.id
    assert len(server.rows[project, run]) == 5
    assert "W&B, online" not in caplog.text
    names = {"displayName": "n" * 580, "groupName": "g", "jobType": "train", "tags": ["fc", LONG]}
    assert fault(names) == "128 limit exceeded for displayName"  # the server does refuse them
    assert fault(names | {"displayName": "n"}).startswith("invalid tag")
