"""The help of every command."""

import json
import subprocess
import sys

import pytest

from pruning_phases.cli.main import commands
from tests.support.commands import environment

# Asks every command for its help in one process; reports the output and the slow imports of each.
# Hydra's list of groups, which takes most of the time, is not part of the help.
HELP = """
import contextlib, io, json, sys
from importlib import import_module
from hydra._internal.hydra import Hydra

Hydra.format_config_groups = lambda *_, **__: ""
results = {}
for name in sys.argv[1:]:
    sys.argv[1:], out = ["--help"], io.StringIO()
    try:
        with contextlib.redirect_stdout(out):
            import_module(f"pruning_phases.{name}").main()
    except SystemExit as exit_:
        code = exit_.code
    slow = sorted({"torch", "lightning", "wandb", "pandas", "matplotlib"} & set(sys.modules))
    results[name] = [code, out.getvalue(), slow]
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def helps(tmp_path_factory):
    result = subprocess.run(
        [sys.executable, "-c", HELP, *commands()], cwd=tmp_path_factory.mktemp("help"),
        env=environment(), capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    return json.loads(result.stdout)


@pytest.mark.parametrize("name", commands())
def test_help_names_the_command_and_imports_no_slow_package(name, helps):
    code, text, slow = helps[name]
    assert (code, slow) == (0, [])
    assert f"python -m pruning_phases.{name}" in text and "What the keys mean" in text


@pytest.mark.parametrize("word", ["pruner.schedule", "results_dir", "scale", "figures"])
def test_the_help_of_train_explains_keys_and_groups(word, helps):
    assert word in helps["train"][1]
