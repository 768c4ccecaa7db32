"""The folder of the options, in a checkout and in an installed package."""

import pytest

from pruning_phases.config import conf_folder as folder
from pruning_phases.config.conf_folder import conf_dir, groups, options
from pruning_phases.errors import UserError


@pytest.fixture
def package(tmp_path, monkeypatch):
    """An installed package without its conf folder."""
    (tmp_path / "site" / "package" / "config").mkdir(parents=True)
    inside = tmp_path / "site" / "package"
    monkeypatch.setattr(folder, "__file__", str(inside / "config" / "folder.py"))
    return inside


def test_a_folder_inside_the_package_comes_before_one_beside_it(package):
    (package.parent / "conf").mkdir()
    assert conf_dir() == str(package.parent / "conf")
    (package / "conf").mkdir()
    assert conf_dir() == str(package / "conf")


def test_a_package_without_it_says_the_cure(package):
    with pytest.raises(UserError, match="no conf folder in .*: install the package again"):
        conf_dir()


def test_groups_and_options_are_its_folders_and_files_alphabetically(package):
    for name in ("model/fc.yaml", "model/cnn.yaml", "dataset/a.yaml", "hydra/launcher/x.yaml"):
        path = package / "conf" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    (package / "conf" / "train.yaml").touch()
    (package / "conf" / "model" / "notes.txt").touch()
    assert groups() == ["dataset", "model"]
    assert options("model") == ["cnn", "fc"] and options("optimizer") == []
