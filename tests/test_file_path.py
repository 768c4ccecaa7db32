"""Paths as typed: the home folder, names that look like patterns, patterns."""

from pathlib import Path

import pytest

from pruning_phases.file_path import expanded, matching


def test_a_tilde_means_a_home_folder_where_it_has_a_user(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    assert expanded("~/a") == Path("/home/me/a") and expanded("a/~") == Path("a/~")
    assert expanded("~nobody-of-this-name/a") == Path.cwd() / "~nobody-of-this-name/a"
    assert expanded("./~/a") == Path.cwd() / "~/a"


@pytest.mark.parametrize("name", ["[ab]", "*", "?", "a[!b]"])
def test_a_name_that_exists_is_no_pattern(name, tmp_path):
    for folder in (name, "a", "b"):
        (tmp_path / folder / "run").mkdir(parents=True)
    assert matching(f"{tmp_path}/{name}") == [tmp_path / name]
    assert matching(f"{tmp_path}/{name}/r*") == [tmp_path / name / "run"]


def test_other_texts_are_patterns_in_alphabetical_order(tmp_path, monkeypatch):
    for folder in ("b", "a", "a-b", "ab/c"):
        (tmp_path / folder).mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    assert matching("[ab]") == [Path("a"), Path("b")] and matching("*/c") == [Path("ab/c")]
    assert matching("a*") == [Path("a"), Path("a-b"), Path("ab")] and matching("none") == []
    assert matching(f"{tmp_path}/a?") == [tmp_path / "ab"]
