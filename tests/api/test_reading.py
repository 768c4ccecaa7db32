"""Imports: the package at once, reading without torch and Hydra; examples of the docstrings."""

import doctest
import re
import subprocess
import sys
from importlib import import_module

import pytest

import pruning_phases as pp
from tests.support.commands import ROOT, environment
from tests.support.imports import sources

MODULES = [name for name in sources() if name.startswith("pruning_phases.api")]

READING = """
import pruning_phases as pp
study = pp.load("multirun/transition")
assert len(study.observables) == 10 and len(study.transition()) == 5
print(study.fit_exponents(num_resampled=100))
study.fit_exponents(num_resampled=100).figure()
"""


def imported_by(code, folder):
    """Names of the modules of a process that runs this code."""
    code += "\nimport sys\nprint('modules', *sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, timeout=60,
        check=False, env=environment(),
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    return set(result.stdout.rpartition("modules ")[2].split())


def test_reading_imports_neither_torch_nor_hydra(made_folder):
    modules = imported_by(READING, made_folder)
    assert "pandas" in modules and "pruning_phases.api.study" in modules
    assert modules & {"torch", "lightning", "hydra", "numba"} == set()


def test_importing_the_package_imports_nothing_else(tmp_path):
    modules = imported_by("import pruning_phases as pp\nassert pp.__version__", tmp_path)
    assert modules & {"numpy", "pandas", "matplotlib", "pruning_phases.api"} == set()


def test_every_public_name_is_an_attribute_of_the_package():
    api = import_module("pruning_phases.api")
    for name in api.__all__:
        assert getattr(pp, name) is getattr(api, name)


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings_run(name, in_made_folder):
    module = import_module(name)
    failed, tried = doctest.testmod(module, optionflags=doctest.NORMALIZE_WHITESPACE)
    assert failed == 0
    assert tried > 0 or ">>>" not in str(module.__doc__)


@pytest.mark.slow
def test_examples_of_the_page_run(in_made_folder):
    from matplotlib import pyplot

    page = (ROOT / "docs" / "python.md").read_text()
    blocks = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    assert len(blocks) > 3
    namespace: dict[str, object] = {}
    for block in blocks:
        exec(compile(block, "docs/python.md", "exec"), namespace)
    pyplot.close("all")
