"""Metadata of the package: versions of Python, console script, pins, contents of the wheel."""

import re
import subprocess
import tomllib
import zipfile
from email import message_from_bytes
from importlib import import_module
from pathlib import Path

import pytest

from pruning_phases import __version__
from tests.support.wheel import built_wheel

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
HOST = re.compile(r"https?://|index-url|trusted-host|find-links")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    with zipfile.ZipFile(built_wheel(tmp_path_factory.mktemp("wheel"))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def metadata_of(wheel):
    (content,) = (content for name, content in wheel.items() if name.endswith("/METADATA"))
    return message_from_bytes(content)


def test_the_wheel_holds_every_source_option_and_template(wheel):
    sources = {
        str(path.relative_to(ROOT))
        for folder in ("pruning_phases", "hydra_plugins")
        for path in (ROOT / folder).rglob("*.py*")
        if path.suffix in (".py", ".pyi")
    }
    options = {
        f"pruning_phases/{path.relative_to(ROOT)}" for path in (ROOT / "conf").rglob("*.yaml")
    }
    templates = {
        str(path.relative_to(ROOT))
        for path in (ROOT / "pruning_phases").rglob("templates/*")
        if path.is_file()
    }
    packed = {name for name in wheel if ".dist-info/" not in name}
    assert len(templates) > 3 and packed == sources | options | templates


def test_the_wheel_has_version_license_and_console_script(wheel):
    metadata = metadata_of(wheel)
    assert metadata["Version"] == __version__
    assert metadata["License-Expression"] == "MIT"
    assert any(name.endswith("licenses/LICENSE") for name in wheel)
    (scripts,) = (text for name, text in wheel.items() if name.endswith("/entry_points.txt"))
    assert b"pruning-phases = pruning_phases.cli.main:main" in scripts


def test_every_source_is_known_to_git():
    """A pattern of .gitignore must not hide a folder of the package, as data/ once did."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    folders = ["pruning_phases", "hydra_plugins", "conf", "tests", "benchmarks", "examples"]
    ignored = subprocess.run(
        ["git", "ls-files", "--others", "--ignored", "--exclude-standard", "--", *folders],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.splitlines()  # fmt: skip
    assert [name for name in ignored if name.endswith((".py", ".yaml"))] == []


def test_the_console_script_is_a_function():
    module, _, function = PROJECT["scripts"]["pruning-phases"].partition(":")
    assert callable(getattr(import_module(module), function))


def test_classifiers_name_the_versions_of_python_that_are_admitted():
    low, high = re.findall(r"3\.(\d+)", PROJECT["requires-python"])
    named = re.findall(r"Python :: 3\.(\d+)", "\n".join(PROJECT["classifiers"]))
    assert [int(minor) for minor in named] == list(range(int(low), int(high)))
    assert f"Python 3.{low} to 3.{int(high) - 1}" in (ROOT / "README.md").read_text()


@pytest.mark.parametrize(
    "name", ["pyproject.toml", "constraints.txt", ".pre-commit-config.yaml", "Makefile", ".ci/run"]
)
def test_no_host_of_a_registry_is_named(name):
    assert HOST.findall((ROOT / name).read_text()) == []


def test_every_dependency_is_pinned_and_has_its_reason():
    lines = (ROOT / "pyproject.toml").read_text().splitlines()
    start = lines.index("dependencies = [") + 1
    dependencies = lines[start : lines.index("]", start)]
    assert all(re.search(r'",\s+# \w', line) for line in dependencies), dependencies
    pinned = set(re.findall(r"^([\w-]+)==", (ROOT / "constraints.txt").read_text(), re.MULTILINE))
    assert {re.match(r"[\w-]+", line)[0] for line in PROJECT["dependencies"]} <= pinned


def test_the_benchmarks_import():
    import_module("benchmarks.__main__")
