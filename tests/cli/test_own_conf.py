"""A user's own conf: options, experiments, launchers; faults in one line."""

import re
from pathlib import Path

import pytest
from hydra import compose, initialize_config_dir

from pruning_phases.config.checks import check
from pruning_phases.config.conf_folder import conf_dir
from pruning_phases.config.register import register
from tests.conftest import TINY
from tests.support.commands import train

GLOBAL = "# @package _global_\n"
LOCAL = f"{GLOBAL}defaults:\n  - override /hydra/launcher: local\n"
FILES = {
    "experiment/mine.yaml": f"{GLOBAL}study: mine\nseed: 7\n",
    "experiment/bare.yaml": "study: mine\n",
    "experiment/syntax.yaml": f"{GLOBAL}study: [a\nseed: 3\n",
    "experiment/tab.yaml": f"{GLOBAL}study: a\n\tseed: 3\n",
    "experiment/typo.yaml": f"{GLOBAL}pruner: {{stepz: 3}}\n",
    "experiment/local.yaml": f"{LOCAL}study: local\n",
    "experiment/jobs.yaml": f"{LOCAL}hydra: {{launcher: {{n_jobs: 2}}}}\n",
    "model/wide.yaml": "defaults:\n  - fc\n  - _self_\nwidths: [30, 30, 30]\n",
    "mygroup/fast.yaml": f"{GLOBAL}optimizer: {{lr: 0.5}}\n",
    "mygroup/bare.yaml": "seed: 3\n",
    "hydra/launcher/ours.yaml": "defaults:\n  - local\n  - _self_\nn_jobs: 1\n",
}


@pytest.fixture
def conf(tmp_path: Path) -> Path:
    for name, text in FILES.items():
        file = tmp_path / "conf" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "conf"


def test_its_options_compose_beside_those_of_the_package(conf):
    register()
    with initialize_config_dir(conf_dir(), version_base=None):
        words = ["experiment=mine", "model=wide", "+mygroup=fast", "hydra/launcher=ours"]
        node = compose("train", [f"hydra.searchpath=[file://{conf}]", *words])
    config = check(node)
    assert (config.study, config.seed, config.optimizer.lr) == ("mine", 7, 0.5)
    assert config.model.widths == [30, 30, 30] and config.pruner.score == "magnitude"


@pytest.mark.parametrize("words", [["--config-dir", "conf"], ["hydra.searchpath=[file://conf]"]])
def test_a_folder_is_given_in_two_ways(words, conf, tmp_path):
    shown = train(*words, "experiment=mine", "model=wide", "--cfg", "job", cwd=tmp_path)
    assert "study: mine" in shown.stdout and "- 30" in shown.stdout, shown.stderr


@pytest.mark.parametrize(
    "words",
    [
        "seed=2 --config-dir conf experiment=mine --cfg job -p seed optimizer.lr=1",
        "--cfg=job seed=2 -p seed experiment=mine --config-dir=conf",
        "seed=2 --resolve experiment=mine -p seed --cfg job --config-dir conf",
    ],
)
def test_flags_may_stand_anywhere_among_the_keys(words, conf, tmp_path):
    shown = train(*words.split(), cwd=tmp_path)
    assert shown.stdout.strip() == "2", shown.stderr


def test_a_flag_without_its_value_is_one_line(conf, tmp_path):
    result = train("experiment=mine", "--config-dir", cwd=tmp_path)
    assert result.returncode == 2
    assert result.stderr.strip().endswith("error: --config-dir: give a value, --config-dir VALUE; "
                                          "see --hydra-help")  # fmt: skip


REFUSED = {
    "experiment=bare": 'experiment: the chosen file needs the first line "# @package _global_", ',
    "+mygroup=bare": 'mygroup: the chosen file needs the first line "# @package _global_", ',
    "experiment=syntax": r".*/conf/experiment/syntax.yaml, line 3: no valid YAML: expected ',' or",
    "experiment=tab": r".*/conf/experiment/tab.yaml, line 3: no valid YAML: found character '\\t' ",
    "experiment=typo": r"pruner\.stepz: no such key; did you mean pruner\.steps",
    "experiment=nix": "experiment=nix: no such option; choose .*, local, .*mine",
    "seeed=3": "seeed: no such key; did you mean seed",
}


@pytest.mark.parametrize("word", REFUSED)
@pytest.mark.parametrize("sweep", [[], ["-m"]], ids=["run", "sweep"])
def test_a_fault_is_one_line_and_nothing_is_written(word, sweep, conf, tmp_path):
    result = train(*sweep, "--config-dir", "conf", word, cwd=tmp_path)
    assert result.returncode == 2
    (line,) = result.stderr.strip().splitlines()
    print(line)
    assert re.match(f"pruning_phases.train: error: {REFUSED[word]}", line)
    assert [path.name for path in tmp_path.iterdir()] == ["conf"]


def test_a_folder_that_is_not_there_is_one_line(tmp_path):
    result = train("--config-dir", "nix", cwd=tmp_path)
    assert result.returncode == 2 and len(result.stderr.strip().splitlines()) == 1
    assert "nix: no such folder" in result.stderr


ADD = {
    ("experiment=local,mine",): "hydra/launcher=local",
    ("experiment=jobs,mine",): "hydra/launcher=local",
    ("experiment=jobs,mine", "hydra/launcher=local"): r"hydra\.launcher\.n_jobs=2",
}


@pytest.mark.parametrize("words", ADD)
def test_a_launcher_in_a_swept_file_is_refused_with_the_words_to_add(words, conf, tmp_path):
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher", reason="no hydra-joblib-launcher")
    result = train("-m", "--config-dir", "conf", *words, cwd=tmp_path)
    assert result.returncode == 2
    (line,) = result.stderr.strip().splitlines()
    print(line)
    assert re.search(f"hydra/launcher: a sweep over files .*: add {ADD[words]}, or give one", line)
    assert [path.name for path in tmp_path.iterdir()] == ["conf"]


@pytest.mark.slow
def test_a_launcher_in_a_file_is_used(conf, tmp_path):
    """It runs both at once, in processes other than this one: joblib's folder is there."""
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher", reason="no hydra-joblib-launcher")
    for words in (["experiment=local"], ["experiment=mine", "hydra/launcher=ours"]):
        found = [*TINY, "--config-dir", "conf", *words]
        shown = train(*found, "--cfg", "hydra", "-p", "hydra.launcher", cwd=tmp_path)
        assert "JoblibLauncher" in shown.stdout
        result = train("-m", *found, "seed=0,1", "study=both", cwd=tmp_path)
        assert "sweep: 2 of 2 runs done" in result.stdout, result.stderr
    one = train(*TINY, "--config-dir", "conf", "experiment=local", "seed=0", cwd=tmp_path)
    assert "note: hydra/launcher=local has no effect without -m" in one.stdout
