"""Source files of a run: a run continues, and counts as done, with these alone."""

import io
import json

import pytest
from rich.console import Console

from pruning_phases.cli.train import make_run
from pruning_phases.errors import RunError, UserError
from tests.support.runs import interrupted, make, results

SCORE = """
READS = "weights"
def score(weights):
    return weights.abs()
"""
OTHER = SCORE.replace("abs()", "square()")
BROKEN = SCORE.replace("return", "assert (weights != 0).all()\n    return")


def refused(config):
    with pytest.raises(UserError) as error:
        make(config)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_a_record_holds_key_file_and_digest_of_each_source_file(write, configure, tmp_path):
    name = write(SCORE)
    record = make(configure(f"pruner.score={name}:score", "observables=[mylab.observable:margin]"))
    found = record.info()["sources"]
    assert set(found) == {f"{name}:score", "mylab.observable:margin"}
    own = found[f"{name}:score"]
    assert (own["key"], own["file"]) == ("pruner.score", str(tmp_path / "own" / f"{name}.py"))
    assert len(own["digest"]) == 16
    assert make(configure()).info()["sources"] == {}


def test_a_finished_run_of_another_source_is_not_done_already(write, configure):
    name = write(SCORE)
    words = f"pruner.score={name}:score"
    record = make(configure(words))
    console = Console(file=io.StringIO())
    make_run(configure(words), console)
    assert "done already" in console.file.getvalue()
    before = results(record)
    write(OTHER, name)
    line = refused(configure(words))
    digest = record.info()["sources"][f"{name}:score"]["digest"]
    assert line.startswith(
        f"pruner.score={name}:score: run {record.id} was made with another {name}.py (digest "
        f"{digest}, and here "
    )
    assert line.endswith(f"or delete {record.folder} to make the run again")
    assert results(record) == before
    write(SCORE, name)
    make(configure(words))


def test_an_interrupted_run_of_another_source_is_refused(write, configure, monkeypatch):
    name = write(SCORE)
    words = [f"pruner.score={name}:score", "checkpoint_seconds=0"]
    record = interrupted(configure(*words), monkeypatch, last_round=4)
    write(OTHER, name)
    assert f"run {record.id} began with another {name}.py" in refused(configure(*words))
    write(SCORE, name)
    assert make(configure(*words)).state == "done"


def test_a_run_without_a_checkpoint_begins_anew_with_a_mended_source(write, configure, tmp_path):
    name = write(BROKEN)
    words = [f"pruner.score={name}:score", "checkpoint_seconds=1e6"]
    with pytest.raises(RunError, match="raised AssertionError"):
        make(configure(*words))
    (file,) = tmp_path.rglob("checkpoint.safetensors")  # of the end of the dense training
    file.unlink()
    write(SCORE, name)
    assert make(configure(*words)).state == "done"


def test_a_sweep_does_not_begin_beside_runs_of_another_source(write, configure):
    from pruning_phases.sweeps.plan import Job, refuse_other_inputs_of

    name = write(SCORE)
    config = configure(f"pruner.score={name}:score")
    record = make(config)
    job = Job([], "", config, record.id)
    refuse_other_inputs_of([job], Console(quiet=True))
    write(OTHER, name)
    with pytest.raises(UserError, match="was made with another"):
        refuse_other_inputs_of([job], Console(quiet=True))
    info = json.loads(record.info_file.read_text())
    record.info_file.write_text(json.dumps(info | {"sources": {}}))
    refuse_other_inputs_of([job], Console(quiet=True))  # a record of an earlier version
