"""The command ``reproduce``: steps in order, failures, interruption, and the papers at smoke."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pruning_phases.cli import reproduce
from pruning_phases.config.recipes import RECIPES
from tests.support.commands import NO_DOWNLOAD, command, environment
from tests.support.data_files import write_digits_as_mnist
from tests.support.html_page import Page


@pytest.fixture
def steps(monkeypatch):
    """The commands that were begun, each [module, words...]; ``codes``: their exit codes in turn.

    A training leaves the record of a run, as far as ``reproduce`` looks at it.
    """

    class Steps(list):
        codes: dict[int, object] = {}

    begun = Steps()

    def exit_code(words):
        begun.append(words)
        code = begun.codes.get(len(begun), 0)
        if isinstance(code, BaseException):
            raise code
        for word in words:
            if word.startswith("results_dir=") and not code:
                folder = Path(word.removeprefix("results_dir=")) / "study" / "id"
                folder.mkdir(parents=True, exist_ok=True)
                (folder / "run.json").write_text("{}")
        return code

    begun.codes = {}
    monkeypatch.setattr(reproduce, "exit_code_of", exit_code)
    return begun


def names(steps):
    return [words[0].removeprefix("pruning_phases.") for words in steps]


@pytest.mark.parametrize("paper", RECIPES)
def test_the_steps_of_a_recipe_in_order_then_the_report(paper, steps, tmp_path):
    result = command("reproduce", f"paper={paper}", "scale=laptop", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    recipe = RECIPES[paper]
    assert names(steps) == [*(one.words.split()[0] for one in recipe.steps), "report"]
    for words, step in zip(steps, recipe.steps, strict=False):
        if words[0].endswith("train"):
            assert words[1] == f"experiment={step.experiment}"
            assert words[-2:] == ["scale=laptop", f"results_dir=multirun/{paper}-laptop"]
    assert steps[-1][1:] == [f"runs=multirun/{paper}-laptop"]
    shown = re.findall(rf"step (\d+) of {len(steps)}: (.*)", result.stdout)
    assert [int(number) for number, _ in shown] == [*range(1, len(steps) + 1)]
    assert all(len(text) > 10 for _, text in shown)


def test_a_step_is_named_by_the_figure_or_table_of_the_paper(tmp_path):
    result = command("reproduce", "paper=pesce", "dry_run=true", cwd=tmp_path)
    shown = [line[2:] for line in result.stdout.splitlines() if line.startswith("# ")]
    for begin in ("Fig. 1: acc", "Fig. 2: ", "Fig. 3: ", "Fig. 4: ", "supplement: critical points"):
        assert any(line.startswith(f"arXiv 2602.15224, {begin}") for line in shown), begin
    result = command("reproduce", "paper=pan", "dry_run=true", cwd=tmp_path)
    assert "\n# beyond the paper: Phases over the dropout rate" in result.stdout


def test_the_dry_run_prints_the_commands_and_begins_none(steps, tmp_path):
    result = command("reproduce", "paper=pan", "dry_run=true", "seed=3", cwd=tmp_path)
    assert (result.returncode, steps, [*tmp_path.iterdir()]) == (0, [], [])
    assert "\npython -m pruning_phases.collapse runs=multirun/pan-smoke/phase_scaling " in (
        result.stdout
    )
    trainings = re.findall(r"^python -m pruning_phases.train (.*)", result.stdout, re.MULTILINE)
    assert len(trainings) == 4 and all(words.endswith(" seed=3") for words in trainings)


def test_further_words_go_to_every_training_and_to_no_analysis(steps, tmp_path):
    more = ["num_replicas=2", "trainer.options.max_time=1", "-m", "hydra/launcher=local"]
    assert command("reproduce", "paper=kumar", *more, cwd=tmp_path).returncode == 0
    for words in steps:
        assert (words[-4:] == more) == words[0].endswith("train")


def test_a_folder_of_any_name_is_one_value_for_every_step(tmp_path):
    folder = "results_dir=/a b,c/é"
    result = command("reproduce", "paper=kumar", "dry_run=true", folder, cwd=tmp_path)
    quoted = [word.replace("'\"'\"'", "'") for word in re.findall(r"runs=(.*\])'", result.stdout)]
    assert quoted == ["['/a b,c/é/kumar-smoke/capacity','/a b,c/é/kumar-smoke/mask_information']"]


def test_a_failed_step_is_named_and_the_others_follow(steps, tmp_path):
    steps.codes = {2: 1, 3: 2}
    result = command("reproduce", "paper=pesce", cwd=tmp_path)
    assert len(steps) == len(RECIPES["pesce"].steps) + 1
    assert result.returncode == 1
    (line,) = result.stderr.splitlines()
    failed = "2 (train experiment=fig2), 3 (evolution runs=multirun/pesce-smoke/fig1)"
    assert line.endswith(f"2 of 7 steps failed: {failed}; the same command tries these again")
    assert len(re.findall(r"^ +\d .* failed \(\d\) ", result.stdout, re.MULTILINE)) == 2
    assert len(re.findall(r"^ +\d .* done ", result.stdout, re.MULTILINE)) == 5


def test_without_any_run_there_is_no_report(steps, tmp_path):
    steps.codes = dict.fromkeys(range(1, 9), 2)
    result = command("reproduce", "paper=pan", cwd=tmp_path)
    assert "report" not in names(steps) and "5 of 5 steps failed" in result.stderr


def test_an_interruption_begins_no_further_step(steps, tmp_path):
    steps.codes = {2: KeyboardInterrupt()}
    result = command("reproduce", "paper=pesce", cwd=tmp_path)
    assert (len(steps), result.returncode) == (2, 130)
    (line,) = result.stderr.splitlines()
    assert "interrupted: the same command resumes" in line


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ([], "paper has no value: give paper=pesce, paper=pan, paper=kumar"),
        (["paper=fig1"], "paper=fig1: choose pesce, pan, kumar"),
        (["paper=pan", "scale=tiny"], "scale=tiny: choose laptop, paper, smoke"),
        (["paper=pan", "scale="], "scale=: choose laptop, paper, smoke"),
        (["papr=pan"], "papr: no such key; did you mean paper; --help lists all"),
        (["paper=pan", "pruner.stpes=3"], "pruner.stpes: no such key; did you mean pruner.steps"),
        (["paper=pan", "experiment=fig1"], "experiment=fig1: the recipe of the paper chooses it"),
        (["paper=pan", "+study=a"], "+study=a: the recipe of the paper chooses it"),
        (["pan"], "pan: give KEY=pan"),
        (["paper=pan", "=3"], "'=3': give KEY=VALUE"),
    ],
)
def test_a_mistake_is_one_line_before_any_step(words, line, steps, tmp_path):
    result = command("reproduce", *words, cwd=tmp_path)
    assert (result.returncode, steps, [*tmp_path.iterdir()]) == (2, [], [])
    (error,) = result.stderr.splitlines()
    assert error.startswith(f"pruning_phases.reproduce: error: {line}")


QUIET = ["logger=none", "progress=false"]
BRIEF = [*QUIET, "training.budget.amount=4", "pruner.finetune.amount=5",
         "topology.training.amount=20"]  # fmt: skip
SMALL = {
    "pesce": [*BRIEF, "num_replicas=2", "pruner.steps=12"],
    "kumar": [*BRIEF, "num_replicas=3", "pruner=snip,imp"],  # three masks have an information
    "pan": [*QUIET, "training.budget.min_updates=10", "training.budget.amount=4",
            "model.width=20", "experiment_scale.num_replicas=2",
            "experiment_scale.train_sizes=[64,160,500]"],
}  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("paper", RECIPES)
def test_a_paper_at_smoke_ends_with_its_report(paper, tmp_path):
    words = [f"paper={paper}", *SMALL[paper], f"data_dir={write_digits_as_mnist(tmp_path / 'd')}"]
    result = subprocess.run(
        [sys.executable, "-m", "pruning_phases.reproduce", *words], cwd=tmp_path, text=True,
        capture_output=True, timeout=900, check=False, env=environment(**NO_DOWNLOAD),
    )  # fmt: skip
    assert result.returncode == 0, (result.stdout, result.stderr)
    assert "no figure" not in result.stdout
    path = f"multirun/{paper}-smoke/report.html"
    assert result.stdout.splitlines()[-1] == f"report: {path}"
    page = Page((tmp_path / path).read_text(encoding="utf-8"))
    recipe = RECIPES[paper]
    studies = {one.experiment for one in recipe.steps if one.words.startswith("train")}
    assert studies <= set(page.texts("h2"))
    rows = {row["quantity"]: row for row in page.table(f"Differences from {recipe.paper}")}
    assert rows["number of replicas"]["the paper"] == "not stated"
    assert rows["number of replicas"]["here"] in ("2", "3")
