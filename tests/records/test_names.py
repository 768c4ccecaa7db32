"""Names of runs."""

import json

import numpy as np
import pytest

from pruning_phases.records.names import names_with_widths
from tests.support.written_records import write_run


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ({"name": "fc", "depth": 4, "widths": [300, 200, 100]}, "fc 300-200-100"),
        ({"name": "cnn", "channels": [8, 16], "widths": [128]}, "cnn 8-16-128"),
        ({"name": "resnet20", "width": 16, "blocks": 3}, "resnet20 16-3"),
        ({"name": "mlp_mixer", "dim": 64, "depth": 4}, "mlp_mixer 64-4"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_model_s_name_holds_all_its_sizes(model, name, tmp_path):
    record = write_run(tmp_path, "run", np.ones(1), {"accuracy": np.ones((2, 1))})
    info = json.loads(record.info_file.read_text())
    info["physics"]["model"] = model
    record.info_file.write_text(json.dumps(info))
    assert names_with_widths(record) == (name, "mnist", "magnitude")
