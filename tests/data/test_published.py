"""Downloads: a time limit that ends with them, and nothing left of a failed one."""

import socket

import pytest

from pruning_phases.data.published import DOWNLOAD_TIMEOUT, download
from pruning_phases.errors import UserError


def failing(*files):
    """A download that writes these files and fails, unless there is no time limit."""

    def fetch():
        assert socket.getdefaulttimeout() == DOWNLOAD_TIMEOUT
        for file in files:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"part")
        raise OSError("connection reset\nby peer")

    return fetch


@pytest.mark.parametrize("there", ["", "data", "data/SET"])
def test_a_failed_download_leaves_the_folders_that_were_there(there, tmp_path):
    (tmp_path / there).mkdir(parents=True, exist_ok=True)
    before = sorted(tmp_path.rglob("*"))
    root = tmp_path / "data"
    file = root / "SET" / "images"
    with pytest.raises(UserError) as error:
        download(failing(file), [file], root, "set")
    assert sorted(tmp_path.rglob("*")) == before
    assert str(error.value) == (
        f"dataset=set: not in data_dir={root}, and the download failed (connection reset): "
        "put torchvision's SET there, or give data_dir=FOLDER"
    )
    assert socket.getdefaulttimeout() is None


def test_files_that_were_not_asked_for_stay(tmp_path):
    archive, file = tmp_path / "archive.tar.gz", tmp_path / "SET" / "images"
    archive.write_bytes(b"complete")
    with pytest.raises(UserError):
        download(failing(file), [file], tmp_path, "set")
    assert archive.exists() and not file.parent.exists()
