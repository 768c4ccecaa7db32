"""The launchers that need no cluster make the same bytes as one run after another."""

from importlib.util import find_spec

import pytest

from pruning_phases.cli.hydra_errors import explain
from pruning_phases.records.run import RunRecord, find_records
from tests.conftest import TWELVE
from tests.support.commands import train, train_process
from tests.support.runs import results


@pytest.mark.slow
@pytest.mark.parametrize("launcher", ["local", "ray"])
def test_runs_made_side_by_side_equal_runs_made_one_after_another(launcher, tmp_path, data_dir):
    plugin = {"local": "joblib", "ray": "ray"}[launcher]
    pytest.importorskip(f"hydra_plugins.hydra_{plugin}_launcher", reason=f"no {plugin} launcher")
    sweep = [*TWELVE, f"data_dir={data_dir}"]
    one = train(*sweep, "trainer.num_threads=1", "results_dir=one", cwd=tmp_path)
    assert one.returncode == 0, one.stderr
    words = [*sweep, f"hydra/launcher={launcher}", "results_dir=many"]
    many = train_process(*words, cwd=tmp_path)
    assert many.returncode == 0, many.stderr
    assert "sweep: 12 of 12 runs done" in many.stdout
    made = find_records(tmp_path / "many")
    assert len(made) == 12
    for record in made:
        info = record.info()
        assert info["segments"][-1]["num_threads"] == 1
        assert info["command"][1:] == words
        reference = RunRecord(tmp_path / "one", "transition", record.id)
        assert results(record) == results(reference)


def test_a_launcher_that_is_not_installed_is_reported_with_the_cure(tmp_path):
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
