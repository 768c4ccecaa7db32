"""Provenance: the commit of the checkout that the package is imported from."""

import subprocess
from pathlib import Path

import pytest

from pruning_phases.records.provenance import model_in, processor, provenance

ROOT = Path(__file__).parents[2]


def test_the_commit_is_that_of_the_checkout():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    head = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    )
    assert provenance()["git"]["commit"] == head.stdout.strip()


@pytest.mark.parametrize(
    ("cpuinfo", "model"),
    [
        ("processor\t: 0\nvendor_id\t: AuthenticAMD\ncpu family\t: 26\nmodel\t\t: 2\n"
         "model name\t: AMD EPYC\n\nprocessor\t: 1\nmodel name\t: another\n",
         "AMD EPYC, cpu family 26, model 2"),
        ("processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n",
         "CPU implementer 0x41, CPU part 0xd0c"),
        ("", ""),
    ],
)  # fmt: skip
def test_the_processor_is_the_first_one_of_linux(cpuinfo, model):
    assert model_in(cpuinfo) == model


@pytest.mark.parametrize("system", ["Linux", "Darwin", "Windows"])
def test_a_processor_without_a_name_is_called_by_its_architecture(monkeypatch, system):
    monkeypatch.setattr("platform.system", lambda: system)
    monkeypatch.setattr("platform.processor", lambda: "")
    monkeypatch.setattr("platform.machine", lambda: "riscv64")

    def absent(*arguments, **options):
        raise FileNotFoundError

    monkeypatch.setattr(Path, "read_text", absent)
    monkeypatch.setattr(subprocess, "run", absent)
    assert processor.__wrapped__() == "riscv64"
