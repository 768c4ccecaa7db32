"""A run made from Python is the run of the command."""

import json
import sys

import pytest

import pruning_phases as pp
from tests.conftest import TINY
from tests.support.commands import train


def test_it_is_the_run_of_the_command(in_made_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["notebook"])
    run = pp.run(*TINY)
    assert sys.argv == ["notebook"]
    result = train(*TINY, cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    (other,) = pp.load(tmp_path / "multirun").runs
    assert run.id == other.id and run.config.physics_version == other.config.physics_version
    for name in ("observables.parquet", "layers.parquet", "training.parquet"):
        assert (run.folder / name).read_bytes() == (other.folder / name).read_bytes()
    program, *words = json.loads((run.folder / "run.json").read_text())["command"]
    assert program.endswith("train.py") and words == TINY


def test_a_finished_run_is_found_and_not_repeated(in_made_folder, capsys):
    before = (in_made_folder / "multirun").rglob("*")
    times = {file: file.stat().st_mtime_ns for file in before if file.name != "lock"}
    run = pp.run(*TINY, verbose=False)
    assert run.state == "done" and capsys.readouterr().out == ""
    assert {file: file.stat().st_mtime_ns for file in times} == times
    pp.run(*TINY)
    assert "done already, skipped" in capsys.readouterr().out


def test_a_long_run_shows_its_progress(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pruning_phases.training.callbacks.progress.SECONDS_BETWEEN_LINES", 0.0)
    words = [word for word in TINY if not word.startswith("progress=")]
    pp.run(*words)
    lines = capsys.readouterr().out.splitlines()
    assert any("step 4/4" in line and "accuracy" in line for line in lines), lines


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["model=fcc"], "model=fcc: no such option; choose cnn"),
        (["seeed=3"], "seeed: no such key; did you mean seed"),
        (["model=fc,cnn"], "model=fc,cnn: several values make a sweep"),
        (["-m"], "-m: one run takes key=value"),
        (["pruner.final_density=2"], "pruner.final_density=2"),
        (["seed=x"], "seed: value 'x' of type 'str'"),
    ],
)
def test_a_bad_override_is_a_user_error_of_one_line(words, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(pp.UserError) as raised:
        pp.run(*TINY, *words)
    assert said in str(raised.value) and "\n" not in str(raised.value)
    assert not list(tmp_path.iterdir())


def test_a_run_that_another_process_makes_is_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("pruning_phases.cli.train.make_run", _busy)
    with pytest.raises(pp.RunError, match="held by another process"):
        pp.run(*TINY)


def _busy(config, console):
    from pruning_phases.errors import Busy

    raise Busy("held by another process")
