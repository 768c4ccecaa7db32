"""Progress of a run whose output is a file: lines within the rounds, too."""

import io

import pytest
from rich.console import Console

from pruning_phases.cli.train import make_run
from pruning_phases.training.callbacks import progress


@pytest.fixture
def lines(configure, monkeypatch):
    """lines(seconds between them): the lines that a run prints on its progress."""

    def printed(seconds):
        monkeypatch.setattr(progress, "SECONDS_BETWEEN_LINES", seconds)
        file = io.StringIO()
        make_run(configure("progress=true"), Console(file=file, width=120))
        return [line for line in file.getvalue().splitlines() if line.startswith(("dense", "step"))]

    return printed


def test_a_file_shows_the_updates_within_a_round_and_the_results_at_its_end(lines):
    shown = lines(0.0)
    assert shown[0].startswith("dense training, round 1/2  update 4/8")
    assert "training loss" in shown[1]
    assert any(line.startswith("step 3/4  update 6/6") for line in shown)
    assert any(line.startswith("step 3/4  density 0.05") for line in shown)


def test_lines_come_no_sooner_than_they_are_due(lines):
    assert lines(1e9) == []
