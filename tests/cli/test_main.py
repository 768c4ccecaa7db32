"""The console script ``pruning-phases`` hands its words to the entry module of that name."""

import sys

import pytest

from pruning_phases.cli import main as script


def run(monkeypatch, *words):
    monkeypatch.setattr(sys, "argv", ["pruning-phases", *words])
    script.main()


def test_a_command_gets_the_words_after_its_name(monkeypatch):
    got = []
    monkeypatch.setattr("pruning_phases.table.main", lambda: got.extend(sys.argv))
    run(monkeypatch, "table", "runs=multirun", "--help")
    assert got == ["pruning-phases table", "runs=multirun", "--help"]


def test_an_unknown_command_is_reported_in_one_line(monkeypatch, capsys):
    with pytest.raises(SystemExit) as exit_:
        run(monkeypatch, "tabel")
    assert exit_.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("pruning-phases: error: tabel: no such command; choose capacity, ")


@pytest.mark.parametrize("words", [[], ["-h"], ["--help"]])
def test_the_help_lists_every_command_with_its_title(monkeypatch, capsys, words):
    run(monkeypatch, *words)
    listed = [line.split(maxsplit=1) for line in capsys.readouterr().out.splitlines()[1:-1]]
    assert [name for name, _ in listed] == script.commands()
    assert {"train", "status", "exponents", "dashboard"} <= set(script.commands())


def test_every_entry_module_is_a_command():
    assert not {"console", "errors", "registry", "streams"} & set(script.commands())
