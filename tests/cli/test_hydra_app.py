"""The command ``train``: mistakes in one line, sweeps, signals, any folder, an installed wheel."""

import json
import re
import signal
import time

import pytest
import torch

from pruning_phases.records.run import find_records
from tests.conftest import TINY
from tests.support.commands import NO_DOWNLOAD, command, started_train, train, train_process
from tests.support.slow_cases import slow
from tests.support.wheel import unpacked_wheel

REFUSED = {
    "model.widths=[30]": r"model\.widths=\[30\].*give 3 widths, or model\.depth=2",
    "pruner.steps=abc": r"pruner\.steps: value 'abc'.*Integer",
    "dataset=mnits": r"dataset=mnits: no such option; choose arrays, .*digits, .*, mnist",
    "pruner.schedule=list pruner.densities=[0.5,0.6]": r"pruner\.densities=.*0\.6 follows 0\.5",
    "pruner.densities=[0.5]": r"pruner\.densities is read by pruner\.schedule=list alone",
    "pruner.wdith=3": r"pruner\.wdith: no such key",
    "+typo=3": r"typo: no such key",
    "+pruner.typo=3": r"pruner\.typo: no such key; pruner has .*steps",
    "model.wdths=[1,2,3]": r"did you mean model\.widths",
    "seed=null": r"seed: field 'seed' is not Optional",
    "pruner.schedule=quick": r"pruner\.schedule: .*linear, geometric, two_stage, list",
    "optimizer.lr=-1": r"optimizer\.lr=-1.*above 0",
    "pruner.final_density=0.0": r"pruner\.final_density=0\.0: geometric steps never reach 0",
    "dropout_phase.p_eval=1.0": r"dropout_phase\.p_eval=1\.0: .*below 1",
    "dataset.train_size=5000": r"dataset\.train_size=5000: .*give 1 to \d+",
    "pruner.steps=5000": r"pruner: step \d+ .* would cut none",
    "optimizer.name=sgd": r"optimizer\.name=sgd: choose the option itself, optimizer=NAME",
    "dataset.name=foo": r"dataset\.name=foo",
    "+trainer.options.max_epochs=1": r"trainer\.options\.max_epochs would decide .*leave it out",
    "+trainer.options.nonsense=1": r"trainer\.options.*unexpected keyword",
    "trainer.num_threads=0": r"trainer\.num_threads=0: give a number from 1",
    "snapshots=[0.00001]": r"snapshots: density 1e-05 is not met",
    "training.budget.min_delta=-1": r"training\.budget\.min_delta=-1",
    "model=fc,cnn": r"model=fc,cnn: several values make a sweep, which -m starts",
    "scale=null": r"scale=null: a group takes the name of one of its options",
    "model=1": r"model=1: a group takes the name of one of its options",
    "topology=[1,2]": r"topology=\[1,2\]: a group takes the name of one of its options",
    "-m model=fc,null": r"model=fc,null: a group takes the name of one of its options",
    "-m seed=range(3,1)": r"seed=range\(3,1\): names no value",
    "-m seed=glob(*)": r"seed=glob\(\*\): names no value",
    "model=mlp_mixer model.widths=[1,2,3]": r"model\.widths: the chosen option .*has no such key",
    "model@a=fc": r"model@a: no such place of the group; give model=OPTION",
    "seed@a=1": r"seed@a=1: no such group",
    "+@seed=1": r"'\+@seed=1': give KEY=VALUE",
    "++trainer=cpu": r"\+\+trainer=cpu: leave out the signs \+\+",
    "~pruner=none": r"~pruner=none: no such option is chosen",
    "~none/x": r"~none/x: no such key",
    "=1": r"'=1': give KEY=VALUE",
    "--resolve": r"--resolve: give --cfg job too",
    "--shell-completion": r"--shell-completion: give -sc install=bash",
    "--cfg=none": r"--cfg=none: choose job, hydra, all",
    "--help=all": r"--help: takes no value",
    "--config-name=x": r"--config-name=x: no such file",
    "--config-dir=x": r"--config-dir=.*/x: no such folder",
    "--config-path=x": r"--config-path=.*x: no such folder",
    "--experimental-rerun=x": r"--experimental-rerun=x: no such file",
    "trainer=gpu": r"trainer\.accelerator=gpu.*trainer=cpu",
}


# A check is tested in process, too (config/test_checks); here the line that ends the command.
@pytest.mark.parametrize("overrides", [*list(REFUSED)[:16], *slow(*list(REFUSED)[16:])])
def test_a_mistake_is_reported_in_one_line_with_the_cure_and_leaves_nothing(overrides, tmp_path):
    if overrides == "trainer=gpu" and torch.cuda.is_available():
        pytest.skip("there is a GPU here")
    result = train("logger=none", *overrides.split(), cwd=tmp_path)
    assert result.returncode == 2
    (line,) = result.stderr.strip().splitlines()
    assert re.search(REFUSED[overrides], line)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("word", ["-m", "--multirun", "hydra.mode=MULTIRUN"])
def test_an_analysis_does_not_sweep(word, tmp_path):
    result = command("table", "runs=here", word, cwd=tmp_path)
    assert result.returncode == 2 and "a sweep makes runs (train)" in result.stderr
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("sweep", [[], ["-m"]])
def test_a_relative_path_is_one_of_the_folder_where_the_command_was_typed(sweep, tmp_path):
    result = train(*sweep, *TINY, "hydra.job.chdir=true", "results_dir=here", cwd=tmp_path)
    assert result.returncode == 0, result.stderr
    assert len(find_records(tmp_path / "here")) == 1


@pytest.mark.parametrize("sweep", [[], ["-m"]])
@pytest.mark.parametrize("study", ["a/b", "..", "/nonexistent/a", ""])
def test_a_study_that_is_not_the_name_of_one_folder_is_refused(study, sweep, tmp_path):
    result = train(*sweep, *TINY, f"study='{study}'", cwd=tmp_path)
    assert result.returncode == 2
    (line,) = result.stderr.strip().splitlines()
    assert re.search(r"study=.*: give the name of one folder.*results_dir=FOLDER", line)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("flags", [["-m", "--cfg", "hydra"], ["--info=all", "-m"]])
def test_flags_that_exclude_each_other_are_reported_in_one_line(flags, tmp_path):
    result = train(*flags, cwd=tmp_path)
    assert result.returncode == 2
    (line,) = result.stderr.strip().splitlines()
    assert line.endswith("give one of these flags at a time") and "-m" in line


@pytest.mark.parametrize("sweep", [[], ["-m"]])
def test_a_results_folder_that_cannot_be_written_is_refused(sweep, tmp_path):
    (tmp_path / "file").write_text("")
    result = train(*sweep, *TINY, "results_dir=file/results", cwd=tmp_path)
    assert result.returncode == 2
    (line,) = result.stderr.strip().splitlines()
    assert re.search(r"cannot be written .*results_dir=FOLDER", line)
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_truncated_data_file_is_reported(tmp_path):
    raw = tmp_path / "data" / "MNIST" / "raw"
    raw.mkdir(parents=True)
    for stem in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1"):
        (raw / f"{stem}-ubyte").write_bytes(b"\0\0\x08\x01\0\0\0\x05abc")
    result = train(*TINY, "dataset=mnist", "data_dir=data", cwd=tmp_path)
    assert result.returncode == 2
    assert re.search(r"train-images-idx3-ubyte is truncated .* delete it", result.stderr)
    assert [path.name for path in tmp_path.iterdir()] == ["data"]


def test_data_that_cannot_be_downloaded_are_reported(tmp_path):
    result = train(*TINY, "dataset=mnist", "data_dir=nowhere", cwd=tmp_path, **NO_DOWNLOAD)
    assert result.returncode == 2
    assert re.search(r"dataset=mnist: not in data_dir=nowhere", result.stderr.splitlines()[-1])
    assert not list(tmp_path.iterdir())


def test_a_sweep_makes_its_records_and_skips_them_the_second_time(tmp_path):
    sweep = ["-m", *TINY, "model.widths=[20,16,12],[9,8,7]", "pruner=magnitude,random"]
    first = train(*sweep, cwd=tmp_path)
    assert first.returncode == 0, first.stderr
    files = sorted(tmp_path.glob("multirun/transition/*/run.json"))
    assert len(files) == 4
    assert all(json.loads(file.read_text())["state"] == "done" for file in files)
    before = [file.read_bytes() for file in files]
    second = train(*sweep, cwd=tmp_path)
    assert second.stdout.strip() == "sweep: 4 of 4 runs done, 0 to do"
    assert [file.read_bytes() for file in files] == before


def test_a_failing_run_of_a_sweep_does_not_stop_the_others(tmp_path):
    result = train("-m", *TINY, "optimizer=sgd", "optimizer.lr=0.05,1e30,0.1", cwd=tmp_path)
    assert result.returncode == 1
    assert "failed: the training loss of replica" in result.stdout
    assert "1 of 3 runs are not done: optimizer.lr=1e+30: the training loss" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1
    states = [json.loads(file.read_text())["state"] for file in tmp_path.rglob("run.json")]
    assert sorted(states) == ["done", "done", "failed"]


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_with_its_exit_code_and_leaves_a_checkpoint(number, code, tmp_path):
    # A shell starts background processes with SIGINT ignored, and their children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    words = [*TINY, "checkpoint_seconds=0", "pruner.finetune.amount=4000"]
    process = started_train(*words, cwd=tmp_path)
    while not list(tmp_path.rglob("checkpoint.safetensors")):
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(number)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == code
    assert "the same command resumes from the last checkpoint" in errors.splitlines()[-1]
    (info,) = tmp_path.rglob("run.json")
    assert json.loads(info.read_text())["state"] == "running"


def test_an_option_without_effect_is_noted(tmp_path):
    result = train(*TINY, "pruner.coarse_steps=5", "pruner=none", cwd=tmp_path)
    assert "note: pruner.coarse_steps has no effect" in result.stdout
    assert "note: pruner.score" not in result.stdout


def test_a_figure_is_plotted_and_its_path_is_printed(tmp_path):
    result = train(*TINY, "figures=[transition]", cwd=tmp_path)
    (path,) = re.findall(r"^figure: (.*)$", result.stdout, re.MULTILINE)
    assert (tmp_path / path).stat().st_size > 10_000
    assert (tmp_path / path).with_suffix(".pdf").read_bytes().startswith(b"%PDF")


@pytest.mark.slow
def test_an_installed_wheel_works_in_any_folder(tmp_path):
    site, work = unpacked_wheel(tmp_path), tmp_path / "work"
    work.mkdir()
    for words in (TINY, ["-m", *TINY, "seed=1,2"]):
        result = train_process(*words, cwd=work, path=site)
        assert result.returncode == 0, result.stderr
    assert len(list(work.glob("multirun/transition/*/run.json"))) == 3
