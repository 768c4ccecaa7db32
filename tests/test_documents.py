"""Documents agree with the package: columns, commands, options, words, version."""

import re
from importlib.util import find_spec
from pathlib import Path

import pytest

from pruning_phases import __version__
from pruning_phases.cli.main import commands
from pruning_phases.config.conf_folder import groups, options
from pruning_phases.observables.registry import observables

ROOT = Path(__file__).parents[1]
DOCUMENTS = sorted(
    path
    for folder in (ROOT, ROOT / "docs", ROOT / "multirun")
    for path in folder.glob("*.md")
    if path.name != "CHANGELOG.md"  # which lists the old names
)
README = (ROOT / "README.md").read_text()
OLD_WORDS = (
    "share of", "redrawn", "magnitude_after", "networks_at_once", "min_improvement", "phase_scale.",
    "largest_component", "living weights", "scope=whole",
)  # fmt: skip
# Columns of the tables that identify or count, or that hold an error, and are no observables.
OTHER_COLUMNS = {
    "step", "update", "replica", "seed", "p_train", "p_eval", "train_size", "density",
    "num_weights", "num_kept", "num_effective", "active_in", "active_out", "accuracy_draw_error",
    "loss_draw_error",
}  # fmt: skip

each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)


def rows_of(table_head: str) -> list[list[str]]:
    """The cells of the rows of the README's table that begins with this line."""
    lines = README.partition(f"\n{table_head}\n")[2].splitlines()[1:]
    end = next(i for i, line in enumerate(lines) if not line.startswith("|"))
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[:end]]


def code_blocks(text: str) -> list[str]:
    return re.findall(r"^```(?:bash|console)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)


def test_every_column_that_the_table_of_columns_explains_exists():
    listed = [row[0].strip("`") for row in rows_of("| column | meaning |")]
    in_files = {name for name, one in observables().items() if one.section and _is_column(name)}
    assert len(listed) == len(set(listed))
    assert len(listed) > 10 and set(listed) <= in_files


def test_every_column_that_the_table_of_files_names_exists():
    files = {row[0].strip("`"): row[1] for row in rows_of("| file | content |")}
    named = {
        name
        for file in ("observables.parquet", "layers.parquet", "training.parquet")
        for code in re.findall(r"`([^`]+)`", files[file])
        for name in code.split(", ")
        if "_degree_" not in name and "." not in name
    }
    columns = {name for name in observables() if _is_column(name)}
    assert len(named) > 20 and named - {"all"} <= columns | OTHER_COLUMNS


def _is_column(name: str) -> bool:
    from pruning_phases.observables import derived

    return name not in {one.name for one in derived.OBSERVABLES}


@each_document
def test_every_module_of_a_command_exists(path):
    for block in code_blocks(path.read_text()):
        for module in re.findall(r"python -m (pruning_phases[\w.]*|tests[\w.]*)", block):
            assert find_spec(module), module
        for name in re.findall(r"^pruning-phases (\w+)", block, re.MULTILINE):
            assert name in commands(), name


def test_every_command_of_the_readme_exists():
    named = set(re.findall(r"python -m pruning_phases\.(\w+)", README))
    assert len(named) > 8 and named <= set(commands())


def test_the_table_of_groups_has_every_group_and_options_of_it():
    listed = {
        row[0].strip("`"): set(re.findall(r"`(\w+)`", row[1]))
        for row in rows_of("| group | options |")
    }
    assert set(listed) == set(groups())
    for group, words in listed.items():
        assert words & set(options(group)), group


@each_document
def test_no_document_has_an_old_name(path):
    text = " ".join(path.read_text().split())
    assert [word for word in OLD_WORDS if word in text] == []


@each_document
def test_every_linked_file_exists(path):
    for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text()):
        assert (path.parent / target).exists(), target


def test_the_documents_state_the_version_of_the_package():
    citation = (ROOT / "CITATION.cff").read_text()
    assert re.findall(r"^version: (.*)$", citation, re.MULTILINE) == [__version__]
    latest = re.search(r"^## \[(.*?)\]", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    assert latest and latest[1] == __version__
