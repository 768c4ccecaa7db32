"""The commands of the README and of the tutorials: given one after the other, as a reader does."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

import pruning_phases
from pruning_phases.analysis.registry import analyses
from tests.support.commands import NO_DOWNLOAD, environment
from tests.support.data_files import write_digits_as_mnist
from tests.support.documents import DOCS, README, ROOT, blocks, lines_of, name_of, words_of

QUIET = ["logger=none", "progress=false"]
# Fewer updates, replicas and values, so that a page takes a minute. Its numbers are then others.
SMALL = [*QUIET, "num_replicas=4", "training.budget.amount=4", "pruner.finetune.amount=10"]
COARSE = [
    *QUIET, "training.budget.min_updates=10", "training.budget.amount=4",
    "dropout_phase.p_eval=[0,0.4,0.5,0.6,0.7,0.8,0.9]", "experiment_scale.num_replicas=2",
]  # fmt: skip
PAGES = {
    README: SMALL,
    DOCS / "quickstart.md": SMALL,
    DOCS / "tutorials" / "transition.md": SMALL,
    DOCS / "tutorials" / "own_csv.md": SMALL,
    DOCS / "tutorials" / "phase_map.md": COARSE,
}
# The pages of results.
BRIEF = [*QUIET, "num_replicas=2", "training.budget.amount=4", "pruner.finetune.amount=5"]
RESULTS = {
    "transition": [*BRIEF, "topology.training.amount=20"],
    "dropout_phases": [*COARSE, "experiment_scale.train_sizes=[64,160,500]"],
    "pruning_at_initialization": [*BRIEF, "topology.training.amount=20"],
    "universality": [*BRIEF, "dataset.train_size=200"],  # two classes have few examples
    "finite_size_scaling": [*BRIEF, "num_replicas=8"],
    "sparsest": [
        *QUIET,
        "num_replicas=4",
        "training.budget.amount=5",
        "pruner.finetune.amount=5",
        "dataset.points_per_class=100",
        "dataset.train_size=100",
    ],
    "learned_masks": BRIEF,
    "sparse_features": [*BRIEF, "dataset.num_inputs=70"],
}
# Values that an experiment sweeps over, in place of all.
SWEPT = {
    "fig4": "topology=original,rewired", "capacity": "pruner=snip,imp",
    "mask_information": "pruner=snip,imp", "pai_comparison": "pruner=snip,magnitude",
    "sanity_checks": "pruner=snip,imp", "unstructured_search": "optimizer.lr=0.1",
    "elude": "pruner=snip,rigl",
    "phase_robustness": "model.width=20", "autosparse": "pruner=autosparse",
    "sparse_features": "optimizer.inputs=found", "feature_pruning": "pruner=snip,imp",
}  # fmt: skip
NOT_GIVEN = re.compile(r"FILE|RUN\b")  # a name that a reader replaces


def given(command: str, small: list[str]) -> list[str]:
    """The words of a command as a process takes them; [] for one that is not given here.

    Trainings are at scale=smoke, the default, with the words ``small`` in place of their own.
    """
    words = words_of(command)
    if not words or NOT_GIVEN.search(command) or words[0] == "reproduce":  # has a test of its own
        return []
    if words[0] != "train":
        return ["-m", f"pruning_phases.{words[0]}", *words[1:], *few_samples(words[0])]
    replaced = {"scale", "data_dir", *keys(small)}
    words = [word for word in words[1:] if word.partition("=")[0] not in replaced]
    swept = [SWEPT[name] for name in SWEPT if f"experiment={name}" in words]
    return ["-m", "pruning_phases.train", *words, *small, *(["-m", *swept] if swept else [])]


def few_samples(name: str) -> list[str]:
    resamples = name in analyses() and hasattr(analyses()[name].CONFIG(), "num_resampled")
    return ["num_resampled=100"] if resamples else []


def keys(words: list[str]) -> set[str]:
    return {word.partition("=")[0] for word in words}


@pytest.fixture(scope="module")
def mnist(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A folder of data sets in which MNIST is small."""
    return str(write_digits_as_mnist(tmp_path_factory.mktemp("data")))


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_the_commands_of_the_page(page, tmp_path, mnist):
    folder, count, script = tmp_path, 0, ""
    for language, block in blocks(page, "bash", "python"):
        if language == "python":
            script = block
            continue
        for line in lines_of(block):
            if line == "cd examples":
                folder = ROOT / "examples"
            elif line.startswith("python ") and line.endswith(".py"):
                (folder / line.split()[1]).write_text(script)
                run(folder, line.split()[1])
            elif words := given(line, PAGES[page]):
                own = folder != tmp_path and "pruning_phases.train" in words
                run(folder, *words, *([f"results_dir={tmp_path / 'own'}"] if own else []),
                    PRUNING_PHASES_DATA=mnist)  # fmt: skip
                count += 1
    assert count >= (1 if page.name == "own_csv.md" else 2)


@pytest.mark.slow
@pytest.mark.parametrize("page", RESULTS)
def test_the_commands_of_the_results_at_smoke_size(page, tmp_path, mnist):
    for _, block in blocks(DOCS / "results" / f"{page}.md", "bash"):
        for line in lines_of(block):
            if words := given(line, RESULTS[page]):
                run(tmp_path, *words, PRUNING_PHASES_DATA=mnist)


def test_every_page_of_results_is_run():
    pages = {path.stem for path in (DOCS / "results").glob("*.md")}
    assert pages == {*RESULTS, "index"}


def run(folder: Path, *words: str, **more: str) -> str:
    result = subprocess.run(
        [sys.executable, *words], cwd=folder, capture_output=True, text=True, timeout=600,
        check=False, stdin=subprocess.DEVNULL, env=environment(**NO_DOWNLOAD, **more),
    )  # fmt: skip
    assert result.returncode == 0, (shlex.join(words), result.stdout, result.stderr)
    return result.stdout


@pytest.mark.slow
def test_the_percolation_of_the_tutorial_is_found(tmp_path):
    import json

    ((_, script),) = blocks(DOCS / "tutorials" / "own_csv.md", "python")
    (tmp_path / "percolation.py").write_text(script)
    run(tmp_path, "percolation.py")
    run(tmp_path, "-m", "pruning_phases.collapse", "table=percolation.csv", "ansatz=power_law")
    found = json.loads((tmp_path / "percolation_collapse" / "collapse.json").read_text())
    for name, exact in (("critical_point", 0.592746), ("nu", 4 / 3), ("beta", 5 / 36)):
        one = found["power_law"][name]
        assert abs(one["value"] - exact) < 2.5 * one["error"], name


@pytest.mark.skipif(not hasattr(pruning_phases, "load"), reason="the package has no Python API")
def test_the_python_of_the_readme(tmp_path, monkeypatch):
    from tests.support.commands import train

    monkeypatch.chdir(tmp_path)
    small = ["study=first", "pruner=magnitude,random", *SMALL, "pruner.steps=8", "figures=[]"]
    assert train("-m", *small, cwd=tmp_path).returncode == 0
    ((_, script),) = blocks(README, "python")
    monkeypatch.setenv("MPLBACKEND", "agg")
    exec(compile(script, "README.md", "exec"), {})
