"""The worked example of docs/bring_your_own.md: its commands, in a folder outside the checkout."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from pruning_phases.config.checks import check
from pruning_phases.config.conf_folder import conf_dir
from pruning_phases.config.register import register
from pruning_phases.observables.registry import observable
from pruning_phases.records.run import RunRecord, find_records
from tests.conftest import SMALL
from tests.support.commands import ROOT, command, environment
from tests.support.kills import files
from tests.support.runs import make
from tests.support.wheel import unpacked_wheel

EXAMPLES = ROOT / "examples"
DOCUMENT = (ROOT / "docs" / "bring_your_own.md").read_text()
OWN = f"hydra.searchpath=[file://{EXAMPLES / 'conf'}]"
PATHS = {
    "mylab.net:Residual", "mylab.data:load", "mylab.score:taylor", "mylab.observable:margin",
    "mylab.observable:brier",
}  # fmt: skip
FEW = [
    "logger=none", "num_replicas=2", "training.budget.amount=3", "pruner.finetune.amount=3",
    "pruner.steps=6", "pruner.final_density=0.01",
]  # fmt: skip
SCRIPT = "from pruning_phases.cli.main import main; main()"  # as the console script calls it


def commands() -> list[list[str]]:
    """The words after ``python -m`` of every command that the document tells a user to give."""
    blocks = "\n".join(re.findall(r"^```bash\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE))
    return [shlex.split(line)[2:] for line in blocks.splitlines() if line.startswith("python -m")]


def trainings() -> list[list[str]]:
    return [words[1:] for words in commands() if words[0] == "pruning_phases.train"]


def composed(*words: str):
    register()
    with initialize_config_dir(conf_dir(), version_base=None):
        return check(compose("train", [OWN, *words]))


@pytest.mark.parametrize("words", trainings(), ids=" ".join)
def test_every_training_of_the_document_composes(words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "masks.safetensors").write_bytes(b"not read before the training")
    keys = [word for word in words if "=" in word]
    for model in ("residual", "fc"):
        composed(*(word.replace("residual,fc", model) for word in keys))


def test_the_example_is_short_and_whole():
    for kind in ("*.py", "*.yaml"):
        found = [file.read_text() for file in EXAMPLES.rglob(kind)]
        assert found and sum(text.count("\n") for text in found) <= 60
    for file in re.findall(r"^\| `(.*?)` \|", DOCUMENT, re.MULTILINE)[:6]:
        assert (EXAMPLES / file).is_file()
    residual = (EXAMPLES / "conf" / "model" / "residual.yaml").read_text()
    (shown,) = re.findall(r"^```yaml\n(.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)
    assert residual.endswith(shown)


def test_the_example_runs(tmp_path):
    small = [word for word in SMALL if not word.startswith("dataset.")]
    record = make(composed(*small, "experiment=mylab", f"results_dir={tmp_path}"))
    table = record.observables()
    assert record.state == "done"
    assert table[["margin", "brier"]].notna().all(axis=None)
    assert table["margin"].abs().max() <= 1 and table["brier"].between(0, 2).all()
    assert record.info()["data"]["num_classes"] == 3
    assert set(record.info()["sources"]) == PATHS
    assert list(record.layers().layer.unique()) == ["a", "b", "c", "all"]
    words = [f"runs={tmp_path}", "order_parameters=[brier]", "num_resampled=100"]
    fitted = command("exponents", *words, cwd=tmp_path)
    assert fitted.returncode == 0 and "brier" in fitted.stdout, fitted.stderr
    assert observable("brier").label == "Brier score"


def run(*words: str, cwd: Path, path: Path, **more: str):
    return subprocess.run(
        [sys.executable, *words], cwd=cwd, capture_output=True, text=True, timeout=600, check=False,
        stdin=subprocess.DEVNULL, env=environment(path, **more),
    )  # fmt: skip


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the example."""
    return Path(shutil.copytree(EXAMPLES, tmp_path / "project"))


@pytest.mark.slow
def test_the_commands_of_the_document(project):
    (script,) = re.findall(r"^```python\n(import numpy.*?)^```", DOCUMENT, re.DOTALL | re.MULTILINE)
    assert run("-c", script, cwd=project, path=ROOT).returncode == 0
    for module, *words in commands():
        small = FEW if module == "pruning_phases.train" else []
        if "topology=given" in words:
            small = [word for word in small if not word.startswith("num_replicas")]
        result = run("-m", module, *words, *small, cwd=project, path=ROOT)
        assert result.returncode == 0, (words, result.stderr)
        assert "margin" in result.stdout or not any("order_parameters" in word for word in words)
    ((command, *expected),) = [
        block.splitlines() for block in re.findall(r"^```console\n(.*?)^```", DOCUMENT, re.S | re.M)
    ]
    result = run(*shlex.split(command)[2:], cwd=project, path=ROOT)
    assert (result.returncode, result.stderr.splitlines()) == (2, expected)
    shown = run(*shlex.split(command)[2:], cwd=project, path=ROOT, HYDRA_FULL_ERROR="1")
    assert "Traceback" in shown.stderr and "TypeError: got an unexpected" in shown.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Path:
    """The unpacked wheel."""
    return unpacked_wheel(tmp_path_factory.mktemp("wheel"))


SWEEP = [
    "train", "-m", "--config-dir", "conf", "experiment=mylab", "model=residual,fc", "logger=none",
    "trainer=cpu", "progress=false", "checkpoint_seconds=0", "num_replicas=2",
    "trainer.num_threads=1", "training.budget.amount=5", "pruner.steps=10",
]  # fmt: skip


def script(*words: str) -> list[str]:
    """The console script: without the current folder among the places to import from."""
    return ["-P", "-c", SCRIPT, *words]


@pytest.mark.slow
def test_a_sweep_from_a_wheel_outside_the_checkout_is_killed_resumed_and_analysed(project, site):
    whole = run(*script(*SWEEP, "results_dir=whole"), cwd=project, path=site)
    assert whole.returncode == 0, whole.stderr
    assert "sweep: 2 of 2 runs done" in whole.stdout
    killed = 0
    while killed < 2:
        process = subprocess.Popen(
            [sys.executable, *script(*SWEEP, "results_dir=killed")],
            cwd=project, env=environment(site),
            stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        before = len(list(project.glob("killed/mylab/*/run.json")))
        while len(list(project.glob("killed/mylab/*/checkpoint.safetensors"))) == 0 or (
            len(list(project.glob("killed/mylab/*/run.json"))) <= before
        ):
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        os.kill(process.pid, signal.SIGKILL)
        process.communicate()
        killed += 1
    last = run(*script(*SWEEP, "results_dir=killed"), cwd=project, path=site)
    assert last.returncode == 0, last.stderr
    segments = [len(record.info()["segments"]) for record in find_records(project / "killed")]
    assert len(segments) == 2 and max(segments) > 1
    assert files(project / "killed" / "mylab") == files(project / "whole" / "mylab") != {}
    for words, shown in (
        (["table", "columns=[density,margin]"], "rows of 2 runs"),
        (["exponents", "order_parameters=[accuracy,margin]", "num_resampled=100"], "margin"),
        (["status"], "2 done"),
    ):
        result = run(*script(*words, "runs=whole"), cwd=project, path=site)
        assert result.returncode == 0 and shown in result.stdout, result.stderr


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["local", "submitit_local"])
def test_every_launcher_imports_from_the_folder_of_the_command(launcher, project):
    plugin = {"local": "joblib", "submitit_local": "submitit"}[launcher]
    pytest.importorskip(f"hydra_plugins.hydra_{plugin}_launcher")
    words = [
        *SWEEP[:5],
        *SMALL,
        "dataset.train_size=null",
        "seed=0,1",
        f"hydra/launcher={launcher}",
    ]
    result = run(*script(*words), cwd=project, path=ROOT)
    assert "sweep: 2 of 2 runs done" in result.stdout, result.stderr
    made = find_records(project / "multirun" / "mylab")
    assert [set(record.info()["sources"]) for record in made] == [PATHS, PATHS]
    assert all(isinstance(record, RunRecord) for record in made)
