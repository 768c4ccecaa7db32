"""Compiled loops: kept in a folder named by their sources, and without one compiled anew."""

import numba
import pytest

from pruning_phases import compiled
from pruning_phases.compiled import compiled as decorator
from tests.conftest import TINY
from tests.support.commands import train_process
from tests.support.kills import files


def double(x):
    return 2 * x


@pytest.fixture
def cache_home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    compiled._folder.cache_clear()
    yield tmp_path / "cache"
    compiled._folder.cache_clear()


def test_machine_code_is_kept_under_the_user_s_cache(cache_home):
    before = numba.config.CACHE_DIR
    assert decorator(double)(3) == 6
    assert [file.suffix for file in sorted(cache_home.rglob("*.nb?"))] == [".nbc", ".nbi"]
    assert before == numba.config.CACHE_DIR


def test_other_sources_have_another_folder(cache_home, monkeypatch, tmp_path):
    first = compiled._folder()
    (tmp_path / "compiled.py").write_text("TILE = 32")
    monkeypatch.setattr(compiled, "__file__", str(tmp_path / "compiled.py"))
    compiled._folder.cache_clear()
    assert compiled._folder() != first


def test_where_nothing_can_be_written_nothing_is_kept(cache_home):
    cache_home.write_text("a file")
    assert compiled._folder() == ""
    assert decorator(double)(3) == 6


@pytest.mark.slow
def test_a_process_that_compiles_makes_the_bytes_of_one_that_finds_the_code(tmp_path):
    made = []
    for folder in ("compiling", "finding"):
        words = [*TINY, "trainer.num_threads=1", f"results_dir={folder}"]
        done = train_process(*words, cwd=tmp_path, XDG_CACHE_HOME=str(tmp_path / "cache"))
        assert done.returncode == 0, done.stderr
        made.append(files(tmp_path / folder))
    assert made[0] and made[0] == made[1]
