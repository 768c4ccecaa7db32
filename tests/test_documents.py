"""Documents agree with the package: columns, commands, options, words, version."""

import ast
import re
from importlib.util import find_spec
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from pruning_phases import __version__
from pruning_phases.analysis.registry import analyses
from pruning_phases.cli.main import commands as names_of_commands
from pruning_phases.config.analysis import typed
from pruning_phases.config.conf_folder import conf_dir, groups, options
from pruning_phases.observables.registry import observables
from tests.support.documents import (
    DOCS,
    DOCUMENTS,
    README,
    ROOT,
    blocks,
    commands,
    name_of,
    rows_of,
)
from tests.support.imports import sources

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
# The README's sections, in the order in which a new user needs them.
SECTIONS = [
    "Words", "A figure in a minute", "Comparing two settings", "Loading results in Python",
    "Fitting your own data", "Your own network", "Interruptions and clusters", "Documentation",
    "What was found", "Citing", "License", "Reporting a fault",
]  # fmt: skip
# key=[...] that a shell would read as a pattern: neither in quotes nor a part of a longer word.
BARE_BRACKETS = re.compile(r"(?<![\w'\".=\[/{-])\+?[a-zA-Z_][\w./]*=\[[^\s\]`']*\](?!')")

each_document = pytest.mark.parametrize("path", DOCUMENTS, ids=name_of)


def test_every_column_that_the_table_of_columns_explains_exists():
    listed = [row[0].strip("`") for row in rows_of(DOCS / "records.md", "| column | meaning |")]
    in_files = {name for name, one in observables().items() if one.section and _is_column(name)}
    assert len(listed) == len(set(listed))
    assert len(listed) > 10 and set(listed) <= in_files


def test_every_column_that_the_table_of_files_names_exists():
    files = {
        row[0].strip("`"): row[1] for row in rows_of(DOCS / "records.md", "| file | content |")
    }
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
    for _, block in blocks(path, "bash", "console"):
        for module in re.findall(r"python -m (pruning_phases[\w.]*|tests[\w.]*)", block):
            assert find_spec(module), module
    for name in re.findall(r"python -m pruning_phases\.([a-z]\w*)", path.read_text()):
        assert name in [*names_of_commands(), "config"], name
    for name in re.findall(r"^pruning-phases (\w+)", path.read_text(), re.MULTILINE):
        assert name in names_of_commands(), name


def test_the_table_of_commands_has_every_command():
    rows = rows_of(DOCS / "commands.md", "| command | what it does |")
    listed = [name for row in rows for name in re.findall(r"`(\w+)`", row[0])]
    assert sorted(listed) == names_of_commands()


ANALYSES = [
    pytest.param(words, id=f"{name_of(path)}: {' '.join(words)}")
    for path in DOCUMENTS
    for words in commands(path)
    if words[0] in analyses() and "--help" not in words
]


@pytest.mark.parametrize("words", ANALYSES)
def test_the_keys_of_every_analysis_in_the_documents_are_valid(words):
    name, *keys = words
    kind = analyses()[name].CONFIG
    given = [key for key in keys if not key.startswith("order_parameters=[accuracy,margin]")]
    typed(OmegaConf.merge(OmegaConf.structured(kind), OmegaConf.from_dotlist(given)), kind)


def test_the_documents_have_commands_of_analyses():
    assert len(ANALYSES) > 15


def test_the_table_of_groups_has_every_group_and_options_of_it():
    listed = {
        row[0].strip("`"): set(re.findall(r"`(\w+)`", row[1]))
        for row in rows_of(DOCS / "commands.md", "| group | options |")
    }
    assert set(listed) == set(groups())
    for group, words in listed.items():
        assert words & set(options(group)), group


@pytest.mark.parametrize(
    "path", [*DOCUMENTS, *Path(conf_dir()).rglob("*.yaml")], ids=lambda path: path.name
)
def test_brackets_in_commands_are_quoted(path):
    """zsh refuses a word such as columns=[a,b] that is not quoted."""
    text = path.read_text()
    if path.suffix == ".yaml":
        text = "\n".join(line for line in text.splitlines() if line.lstrip().startswith("#"))
    else:
        text = re.sub(r"^```(?:python|yaml|text|console)\n.*?^```", "", text, flags=re.S | re.M)
    assert BARE_BRACKETS.findall(text) == []


def test_brackets_in_docstrings_of_modules_are_quoted():
    found = {
        name: BARE_BRACKETS.findall(ast.get_docstring(ast.parse(source)) or "")
        for name, source in sources().items()
        if not name.startswith("pruning_phases.api")  # Python, no commands
    }
    assert {name: words for name, words in found.items() if words} == {}


def test_the_readme_is_short_and_has_its_sections_in_order():
    text = README.read_text()
    assert text.count("\n") <= 150
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == SECTIONS


@pytest.mark.parametrize(
    "word", ["prediction entropy", "outcome entropy", "loss", "test split", "density", "replica"]
)
def test_the_readme_defines(word):
    words = README.read_text().partition("## Words")[2].partition("\n## ")[0]
    assert re.search(rf"^- \*{word}.*?\*", words, re.MULTILINE | re.IGNORECASE)


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
