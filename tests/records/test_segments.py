"""Segments of a run: they join, and those that round differently are named at the resume."""

import io
import json
from itertools import pairwise

import pytest
import torch
from rich.console import Console

from pruning_phases.cli.train import make_run
from pruning_phases.config.identity import run_id
from pruning_phases.records import provenance
from pruning_phases.records.names import commit_of
from pruning_phases.records.run import DONE, FAILED, RunRecord
from pruning_phases.records.segments import NOT_RECORDED, differences
from pruning_phases.training import run as engine
from pruning_phases.training import trainer
from tests.support.runs import fresh, interrupted, make, results

CONSEQUENCE = (
    ": its bytes may differ from those of an uninterrupted run; means over replicas agree within "
    "their errors"
)
EVERY_ROUND = "checkpoint_seconds=0"
STEP = 2  # rounds of TINY's dense training, and of every later step


@pytest.fixture(autouse=True)
def _threads_and_precision_as_before():
    threads, precision = torch.get_num_threads(), torch.get_float32_matmul_precision()
    yield
    torch.set_num_threads(threads)
    torch.set_float32_matmul_precision(precision)


def printed(config) -> list[str]:
    """Make a run; return the lines on its resumption."""
    console = Console(file=io.StringIO())
    assert make_run(config, console).state == DONE
    lines = console.file.getvalue().splitlines()
    return [line for line in lines if line.startswith(("note: seg", "resuming"))]


def killed(config, monkeypatch, last_round) -> RunRecord:
    """Make a run that ends without another word, as by SIGKILL."""
    with monkeypatch.context() as patch:
        patch.setattr(RunRecord, "fail", lambda self, error: None)
        return interrupted(config, monkeypatch, last_round)


def steps(record) -> list[tuple]:
    """(from, to) of each segment, a position as (step, rounds)."""
    positions = [
        [one[end] and (one[end]["step"], one[end]["rounds"]) for end in ("from", "to")]
        for one in record.info()["segments"]
    ]
    return [tuple(both) for both in positions]


def other_processor(patch):
    patch.setattr(provenance, "processor", lambda: "ARM Cortex-A72")
    return [], f"processor ({PROCESSOR}, now ARM Cortex-A72)"


def other_vector_extensions(patch):
    reported = torch.backends.cpu.get_cpu_capability()
    patch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: "DEFAULT")
    return [], f"vector_extensions ({reported}, now DEFAULT)"


def other_setting_of_mkl(patch):
    reported = torch.backends.cpu.get_cpu_capability()
    patch.setenv("MKL_CBWR", "COMPATIBLE")
    return [], f"vector_extensions ({reported}, now {reported} MKL_CBWR=COMPATIBLE)"


def other_versions(patch):
    own, known = provenance._version, {"torch": "9.1", "numpy": "9.2", "lightning": "9.3"}
    patch.setattr(provenance, "_version", lambda name: known.get(name) or own(name))
    before = own("torch"), own("numpy")
    return [], f"torch ({before[0]}, now 9.1), numpy ({before[1]}, now 9.2)"


def other_device(patch):
    own = trainer.arithmetic
    patch.setattr(engine, "arithmetic", lambda device: own(device) | {"device": "NVIDIA H100"})
    return [], "device (cpu, now NVIDIA H100)"


def other_precision(patch):
    return ["trainer.matmul_precision=high"], "matmul_precision (highest, now high)"


PROCESSOR = provenance.processor()


@pytest.mark.parametrize(
    "other",
    [other_processor, other_vector_extensions, other_setting_of_mkl, other_versions,
     other_device, other_precision],
)  # fmt: skip
def test_a_resume_that_may_round_differently_says_so_in_one_line(configure, monkeypatch, other):
    words = [EVERY_ROUND, "trainer.num_threads=1"]
    record = killed(configure(*words), monkeypatch, 2 * STEP)
    with monkeypatch.context() as patch:
        more, said = other(patch)
        lines = printed(configure(*words, *more))
    assert lines == [
        "resuming after step 1", f"note: segments of this run differ in {said}{CONSEQUENCE}",
    ]  # fmt: skip
    first, last = record.info()["segments"]
    assert list(differences([first, last])) == [part.split()[0] for part in said.split("), ")]
    assert printed(configure(*words)) == []  # it is done


def test_a_resume_on_another_host_with_the_same_arithmetic_prints_nothing_more(
    configure, monkeypatch
):
    record = killed(configure(EVERY_ROUND), monkeypatch, 2 * STEP)
    config = configure(EVERY_ROUND, "trainer.num_threads=2")
    with monkeypatch.context() as patch:
        patch.setattr("socket.gethostname", lambda: "elsewhere")
        patch.setattr("platform.python_version", lambda: "3.99")
        assert printed(config) == ["resuming after step 1"]
    hosts, pythons = zip(
        *((one["host"], one["versions"]["python"]) for one in record.info()["segments"]),
        strict=True,
    )
    assert hosts[1] == "elsewhere" != hosts[0] and pythons[1] == "3.99" != pythons[0]


@pytest.mark.parametrize("cut", [killed, interrupted])
def test_the_steps_of_three_segments_join(configure, monkeypatch, cut):
    """Ended by a kill or an error: within the dense training, and after step 2."""
    config = configure(EVERY_ROUND)
    whole = results(make(fresh(configure(EVERY_ROUND), "whole")))
    record = cut(config, monkeypatch, 1)
    assert steps(record) == [(None, None if cut is killed else (0, 1))]
    cut(config, monkeypatch, 3 * STEP - 1)
    make(config)
    assert steps(record) == [(None, (0, 1)), ((0, 1), (2, 0)), ((2, 0), (4, 0))]
    assert results(record) == whole


def test_segments_of_chunks_join(configure, monkeypatch):
    config = configure(EVERY_ROUND, "trainer.chunk_size=1")
    record = killed(config, monkeypatch, 5 * STEP + 1)
    make(config)
    (_, to), (begun, last) = (
        (one["from"], one["to"]) for one in record.info()["segments"]
    )  # fmt: skip
    assert to == begun == {"chunk": 1, "step": 0, "rounds": 1}
    assert last == {"chunk": 1, "step": 4, "rounds": 0}


def test_a_run_cut_off_before_its_first_checkpoint_begins_anew_and_prints_nothing(
    configure, monkeypatch
):
    """None of its numbers were made by the first segment, whatever that ran on."""
    record = killed(configure("trainer.num_threads=1"), monkeypatch, 1)
    assert not record.checkpoint_file.exists()
    assert printed(configure("trainer.num_threads=2")) == []
    assert steps(record) == [(None, None), (None, (4, 0))]
    assert [one["num_threads"] for one in record.info()["segments"]] == [1, 2]


def test_a_segment_that_reached_no_checkpoint_made_none_of_the_numbers(configure, monkeypatch):
    config = configure("checkpoint_seconds=1000")
    whole = results(make(fresh(configure(), "whole")))
    record = killed(config, monkeypatch, 2 * STEP)
    with monkeypatch.context() as patch:
        patch.setattr(provenance, "processor", lambda: "ARM Cortex-A72")
        killed(config, monkeypatch, 2)
    assert printed(config) == ["resuming after step 0"]
    assert steps(record) == [(None, (0, 0)), ((0, 0), (0, 0)), ((0, 0), (4, 0))]
    assert results(record) == whole


def test_a_deleted_checkpoint_is_a_new_beginning(configure, monkeypatch):
    config = configure(EVERY_ROUND, "trainer.num_threads=1")
    record = interrupted(config, monkeypatch, 2 * STEP)
    interrupted(config, monkeypatch, STEP)
    assert steps(record) == [(None, (1, 0)), ((1, 0), (2, 0))]
    record.checkpoint_file.unlink()
    assert printed(configure("trainer.num_threads=2")) == []
    assert steps(record) == [(None, (1, 0)), ((1, 0), None), (None, (4, 0))]


def test_a_run_that_failed_before_it_began_counts_as_a_segment_without_arithmetic(configure):
    config = configure()
    record = RunRecord(config.results_dir, config.study, run_id(config))
    with record.lock():
        record.begin({"physics_version": 2}, {})
        record.fail("no data")
    assert record.state == FAILED and steps(record) == [(None, None)]
    assert printed(config) == []
    assert steps(record) == [(None, None), (None, (4, 0))]


def as_earlier_version(record, resumed) -> None:
    """Rewrite ``run.json`` as it was before it had segments."""
    info = record.info()
    (segment,) = info.pop("segments")
    versions = dict(segment["versions"])
    old = {
        "git": segment["git"], "python": versions.pop("python"), "versions": versions,
        "host": "old host", "device": "cpu x86_64", "num_threads": segment["num_threads"],
        "started": "2026-01-01T00:00:00+00:00", "resumed": resumed,
    }  # fmt: skip
    record.info_file.write_text(json.dumps(info | old))


def test_an_earlier_version_s_record_is_read_and_resumed(configure, monkeypatch):
    config = configure(EVERY_ROUND)
    whole = results(make(fresh(configure(EVERY_ROUND), "whole")))
    record = killed(config, monkeypatch, 2 * STEP)
    as_earlier_version(record, resumed=["2026-01-02T00:00:00+00:00"])
    info = record.info()
    assert not {"started", "resumed", "host", "device", "python"} & set(info)
    first, second = info["segments"]
    assert first == {
        "began": "2026-01-01T00:00:00+00:00", "from": None, "to": NOT_RECORDED,
    }  # fmt: skip
    assert (second["began"], second["host"]) == ("2026-01-02T00:00:00+00:00", "old host")
    assert second["versions"]["python"] == provenance.provenance()["versions"]["python"]
    commit = second["git"]["commit"]
    assert commit_of(info) == (commit[:10] if commit else "unknown commit")
    (_, note) = printed(config)
    assert f"processor ({NOT_RECORDED}, now {PROCESSOR})" in note
    segments = record.info()["segments"]
    assert [one["began"] for one in segments[:2]] == [first["began"], second["began"]]
    assert all(one["to"] == after["from"] for one, after in pairwise(segments))
    assert segments[1]["to"] == {"chunk": 0, "step": 1, "rounds": 0}
    assert results(record) == whole


def test_an_earlier_version_s_device_is_the_same_device(configure, monkeypatch):
    config = configure(EVERY_ROUND)
    record = killed(config, monkeypatch, 2 * STEP)
    as_earlier_version(record, resumed=[])
    (_, note) = printed(config)
    names = ["processor", "vector_extensions", "matmul_precision"]
    assert list(differences(record.info()["segments"])) == names
    assert note.count(NOT_RECORDED) == 3


def test_a_finished_record_of_an_earlier_version_is_skipped_and_verified(configure):
    record = make(configure())
    as_earlier_version(record, resumed=[])
    content = record.info_file.read_bytes()
    assert make(configure()).state == DONE and record.faults() == []
    assert record.info_file.read_bytes() == content


def segment(start, to, **facts):
    return {"from": start, "to": to, "processor": 1, "versions": {"torch": "2.11"}} | facts


ONE, TWO = {"step": 1}, {"step": 2}


@pytest.mark.parametrize(
    ("segments", "found"),
    [
        ([segment(None, ONE)], {}),
        ([segment(None, ONE), segment(ONE, TWO), segment(TWO, None)], {}),
        # The last one differs from the first one, not from the second.
        ([segment(None, ONE), segment(ONE, TWO, processor=2), segment(TWO, None, processor=2)],
         {"processor": [1, 2]}),
        ([segment(None, ONE), segment(ONE, TWO, processor=2), segment(TWO, None)],
         {"processor": [2, 1]}),
        ([segment(None, ONE), segment(ONE, TWO, processor=2), segment(TWO, None, processor=3)],
         {"processor": [1, 2, 3]}),
        ([segment(None, ONE, processor=2), segment(None, ONE), segment(ONE, None)], {}),
        ([segment(None, ONE), segment(ONE, ONE, processor=2), segment(ONE, None)], {}),
        ([segment(None, ONE), segment(ONE, None, versions={"torch": "2.12"})],
         {"torch": ["2.11", "2.12"]}),
        ([segment(None, ONE), segment(ONE, None, host="other", git="other")], {}),
    ],
)  # fmt: skip
def test_segments_that_made_the_numbers_are_compared(segments, found):
    assert differences(segments) == found


def test_an_error_is_raised_as_it_is_where_the_record_is_gone(configure, monkeypatch):
    config = configure()
    record = RunRecord(config.results_dir, config.study, run_id(config))

    def lost(*arguments):
        record.info_file.unlink()
        raise ValueError("the cause")

    monkeypatch.setattr(engine, "build_module", lost)
    with pytest.raises(ValueError, match="the cause"):
        make(config)
