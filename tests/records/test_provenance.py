"""Provenance: the commit of the checkout that the package is imported from."""

import subprocess
from pathlib import Path

import pytest

from pruning_phases.records.provenance import provenance

ROOT = Path(__file__).parents[2]


def test_the_commit_is_that_of_the_checkout():
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    head = subprocess.run(
        ["git", "-C", str(ROOT), "rev-parse", "HEAD"], check=True, capture_output=True, text=True
    )
    assert provenance()["git"]["commit"] == head.stdout.strip()
