"""Paths on the command line: any path is taken as typed, and what ``train`` writes is found."""

import json
import re
import shlex

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from omegaconf import OmegaConf

from pruning_phases.analysis.registry import analyses
from pruning_phases.cli.path_values import as_text, with_quotes
from pruning_phases.config.keys import Key
from tests.conftest import TINY
from tests.support.commands import command, train

NAMES = [
    "epoch=10", "a b", " a", "a ", "α β", "[x]", "(x)", "{x}", "{a:1}", "[a", "a]", "#", "a&b",
    "$x", "${x}", "a${", "\\${x}", "${x}\\", "it's", '"q"a', "a,b", "a:b", "100%j", "a\\b", "a\\",
    "a\\\\", "~none", "-x", "!", "*", "?", "two\nlines", "\n", "\t", "\r", "caf\udce9", "1e3",
    "null", "true", "007", "0x1", "choice(a,b)", "range(3)", "str(x)", "9" * 5000, "[" * 500,
]  # fmt: skip
KEYS = {"one": Key(path=True), "maybe": Key(path=True, optional=True), "runs": Key(paths=True),
        "study": Key()}  # fmt: skip
# Each character that Hydra, a shell, glob or matplotlib reads in a way of its own.
FOLDERS = [
    "epoch=10/α β", "[x]", "(x)/{x}", "#a&b/$x/${x}", "it's/a \"b\"", "a,b:c%j", "\\d\\",
    "~none/*/?", "-x!/two\nlines ", "1e3", "null", "caf\udce9/$^$",
]  # fmt: skip


def value_of(word):
    """Return the value that Hydra puts into the configuration for a word."""
    (override,) = OverridesParser.create().parse_overrides([word])
    config = OmegaConf.create({"value": override.value(), "study": "mine"})
    return OmegaConf.to_container(config, resolve=True)["value"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("key", ["one", "++one"])
def test_a_path_is_the_text_that_was_typed(key, name):
    assert value_of(with_quotes(f"{key}={name}", KEYS, sweep=False)) == name


@pytest.mark.parametrize("name", [name for name in NAMES if "," not in name and name != "\t"])
def test_a_path_of_a_sweep_is_the_text_that_was_typed(name):
    word = with_quotes(f"one={name},b", KEYS, sweep=True)
    (override,) = OverridesParser.create().parse_overrides([word])
    values = [value_of(f"one={value}") for value in override.sweep_string_iterator()]
    assert override.is_sweep_override() and values == [name.strip(" "), "b"]


@pytest.mark.parametrize("name", NAMES)
def test_an_existing_path_is_one_of_several_paths(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    if len(name) < 256:
        (tmp_path / name).mkdir()
        assert value_of(with_quotes(f"runs={name}", KEYS, sweep=False)) == name


STAY = [
    "one=a/b", "one='a=b'", 'one="a b"', "one=", "one=${study}/x", "one=${oc.env:HOME}",
    "maybe=null", "study=a=b", "study", "other=a=b",
]  # fmt: skip


@pytest.mark.parametrize("sweep", [False, True])
@pytest.mark.parametrize("word", STAY)
def test_a_word_that_hydra_reads_as_typed_stays(word, sweep):
    assert with_quotes(word, KEYS, sweep) == word


@pytest.mark.parametrize("value", ["a,b", "choice(a,b)", "glob(*)", "'a,b',c"])
def test_a_sweep_stays_a_sweep(value):
    assert with_quotes(f"one={value}", KEYS, sweep=True) == f"one={value}"


LISTS = {
    "[a,b]": ["a", "b"], "a,b": ["a", "b"], "[a=1, b c]": ["a=1", "b c"],
    "['a,b',007]": ["a,b", "007"], "[(a,b),null]": ["(a,b)", "null"], "[]": [], "a=1/*": "a=1/*",
    "[a],[b]": ["[a]", "[b]"],
}  # fmt: skip


@pytest.mark.parametrize("value", LISTS)
def test_several_paths_are_a_list_of_texts(value):
    assert value_of(with_quotes(f"runs={value}", KEYS, sweep=False)) == LISTS[value]


def test_a_reference_to_a_key_is_replaced_beside_what_needs_quotes():
    assert value_of(with_quotes("one=a=1/${study}", KEYS, sweep=False)) == "a=1/mine"


def test_the_sign_of_a_missing_value_is_a_path():
    assert value_of(with_quotes("one=???", KEYS, sweep=False)) == "./???"


@pytest.mark.slow
@pytest.mark.parametrize("index", range(len(FOLDERS)))
def test_what_train_writes_every_reader_finds(index, tmp_path):
    folder = FOLDERS[index]
    result = train(*TINY, f"results_dir={folder}", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    (info,) = tmp_path.rglob("run.json")
    assert info.parent.parent == tmp_path / folder / "transition"
    names = sorted(analyses())
    for name in ("status", "table", names[index % len(names)]):
        result = command(name, f"runs={folder}", cwd=tmp_path)
        assert "there is no" not in result.stderr, result.stderr
        assert result.returncode == 0 or name not in ("status", "table"), result.stderr
    assert [path.name for path in tmp_path.iterdir()] == [folder.split("/")[0]]


@pytest.mark.slow
def test_a_sweep_writes_to_any_folder_and_is_found(tmp_path):
    folder = "a=1 [α] it's ${x} $\\"
    for outcome in ("2 to do", "2 of 2 runs done, 0 to do"):
        result = train("-m", *TINY, f"results_dir={folder}", "seed=1,2", cwd=tmp_path)
        assert result.returncode == 0 and outcome in result.stdout, result.stderr
    assert [path.name for path in tmp_path.iterdir()] == [folder]
    shown = command("status", folder, "format=json", cwd=tmp_path)
    (sweep,) = json.loads(shown.stdout)["sweeps"]
    assert len(sweep["runs"]) == 2
    again = train(*sweep["command"][1:], cwd=tmp_path)
    assert "2 of 2 runs done, 0 to do" in again.stdout, again.stderr


def test_the_home_folder_is_meant_by_a_tilde_in_runs_and_sweeps(tmp_path):
    home, work = tmp_path / "home", tmp_path / "work"
    home.mkdir(), work.mkdir()
    result = train("-m", *TINY, "results_dir=~/a", "seed=1", cwd=work, HOME=str(home))
    assert result.returncode == 0, result.stderr
    shown = command("status", "runs=~/a", cwd=work, HOME=str(home))
    assert shown.stdout.startswith("1 run: 1 done") and not list(work.iterdir())


@pytest.mark.parametrize(
    "word", ["logger.run_name=a=b", "logger.run_name=α $β", "logger.project=a'b"]
)
def test_a_text_of_another_key_is_refused_with_the_word_to_type(word, tmp_path):
    result = train(*TINY, word, cwd=tmp_path)
    (line,) = result.stderr.splitlines()
    key, _, text = word.partition("=")
    assert result.returncode == 2 and f"error: {key}: cannot read {text}: " in line
    (typed,) = shlex.split(line.partition("is typed ")[2])
    assert value_of(typed) == text == value_of(f"{key}={as_text(text)}")
    assert not list(tmp_path.iterdir())


REFUSED = {
    "/x/y=3": "/x/y: no such key", "a b=3": "a b: no such key",
    "multirun": "multirun: give KEY=multirun", "results_dirs=a=b": "results_dirs: cannot read a=b",
}  # fmt: skip


@pytest.mark.parametrize("word", REFUSED)
def test_a_word_without_a_key_is_named(word, tmp_path):
    result = train(word, cwd=tmp_path)
    (line,) = result.stderr.splitlines()
    assert result.returncode == 2 and f"error: {REFUSED[word]}" in line


def test_a_folder_of_status_may_hold_what_a_key_has(tmp_path):
    (tmp_path / "epoch=10").mkdir()
    for word, named in (("/d/epoch=9", "runs=/d/epoch=9"), ("epoch=10", "runs=epoch=10"),
                        ("rusn=a", "rusn: no such key; did you mean runs")):  # fmt: skip
        result = command("status", word, cwd=tmp_path)
        assert result.returncode == 2 and re.search(f"error: {named}", result.stderr)
    result = command("status", "epoch=10", "a,b", cwd=tmp_path)
    assert "runs=a,b: there is no such folder" in result.stderr


@pytest.mark.parametrize("name", ["${x}", "a${"])
def test_a_working_directory_that_hydra_would_change_is_refused(name, tmp_path):
    (tmp_path / name).mkdir()
    for one in ("train", "status"):
        result = command(one, cwd=tmp_path / name)
        (line,) = result.stderr.splitlines()
        assert result.returncode == 2 and "which Hydra replaces: run the command in another" in line


def test_a_sweep_refuses_a_folder_that_hydra_cannot_store(tmp_path):
    result = train("-m", *TINY, "results_dir=a${", "seed=1", cwd=tmp_path)
    (line,) = result.stderr.splitlines()
    assert result.returncode == 2 and "results_dir=a${: a sweep cannot write to a folder" in line
