"""The presets of launchers that need no cluster; test_slurm.py has the one that does."""

from importlib.util import find_spec

import pytest

from pruning_phases.cli.hydra_errors import explain
from pruning_phases.records.run import RunRecord, find_records
from tests.cli.test_hydra_app import train
from tests.conftest import TWELVE
from tests.support.runs import results


def same_as_one_after_another(tmp_path, data_dir, *launcher):
    sweep = [*TWELVE, f"data_dir={data_dir}"]
    one = train(*sweep, "trainer.num_threads=1", "results_dir=one", cwd=tmp_path)
    assert one.returncode == 0, one.stderr
    words = [*sweep, *launcher, "results_dir=many"]
    many = train(*words, cwd=tmp_path)
    assert many.returncode == 0, many.stderr
    assert "sweep: 12 of 12 runs done" in many.stdout
    made = find_records(tmp_path / "many")
    assert len(made) == 12
    for record in made:
        info = record.info()
        assert info["num_threads"] == 1
        assert info["command"][1:] == words
        reference = RunRecord(tmp_path / "one", "transition", record.id)
        assert results(record) == results(reference)


def test_several_runs_at_a_time_on_this_machine(tmp_path, data_dir):
    """Each worker has its share of the threads: 1, with as many workers as cores."""
    pytest.importorskip("hydra_plugins.hydra_joblib_launcher", reason="no hydra-joblib-launcher")
    same_as_one_after_another(tmp_path, data_dir, "hydra/launcher=local")


def test_ray(tmp_path, data_dir):
    pytest.importorskip("hydra_plugins.hydra_ray_launcher", reason="no hydra-ray-launcher")
    same_as_one_after_another(tmp_path, data_dir, "hydra/launcher=ray")


def test_a_launcher_that_is_not_installed_is_one_line_with_the_cure(tmp_path):
    from hydra.errors import MissingConfigException

    error = MissingConfigException("", "hydra/launcher/submitit_slurm", ["basic"])
    assert explain(error, []) == (
        "hydra/launcher=slurm: pip install 'pruning-phases[cluster]' installs it"
    )
    if find_spec("hydra_plugins.hydra_ray_launcher") is None:
        result = train(*TWELVE, "hydra/launcher=ray", cwd=tmp_path)
        assert result.returncode == 2
        assert result.stderr.strip().endswith(
            "hydra/launcher=ray: pip install 'pruning-phases[ray]' installs it"
        )
