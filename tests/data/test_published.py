"""Downloads: one process at a time, files that appear whole, nothing left of a failed one."""

import socket
import threading

import pytest

from pruning_phases.data import published
from pruning_phases.data.published import DOWNLOAD_TIMEOUT, download
from pruning_phases.errors import UserError

RESET = OSError("connection reset")


def downloaded(root, error=None, fetch=None):
    """Download SET/images into root, or fail with this error in the middle of the file."""

    def fill(beside):
        assert socket.getdefaulttimeout() == DOWNLOAD_TIMEOUT
        (beside / "SET").mkdir()
        (beside / "SET" / "images").write_bytes(b"part")
        if error is not None:
            raise error
        (beside / "SET" / "images").write_bytes(b"whole")
        (beside / "SET" / "images.gz").write_bytes(b"packed")

    file = root / "SET" / "images"
    download(fetch or fill, lambda: [file], root, "set")
    return file


@pytest.mark.parametrize("there", ["", "data", "data/SET"])
def test_a_failed_download_leaves_the_folders_that_were_there(there, tmp_path):
    (tmp_path / there).mkdir(parents=True, exist_ok=True)
    before = sorted(tmp_path.rglob("*"))
    root = tmp_path / "data"
    with pytest.raises(UserError) as error:
        downloaded(root, RESET)
    assert sorted(tmp_path.rglob("*")) == before
    assert str(error.value) == (
        f"dataset=set: not in data_dir={root}, and the download failed (connection reset): "
        "put torchvision's SET there, or give data_dir=FOLDER"
    )
    assert socket.getdefaulttimeout() is None


def test_nothing_is_left_beside_the_files_and_the_archive_is_not_kept(tmp_path):
    (tmp_path / ".set.download").mkdir()  # of a process that was killed
    file = downloaded(tmp_path / "data")
    downloaded(tmp_path)
    assert file.read_bytes() == b"whole"
    names = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*")}
    assert names == {"SET", "SET/images", "data", "data/SET", "data/SET/images"}


def test_the_reason_is_told_without_the_addresses_that_were_tried(tmp_path):
    told = RuntimeError(
        "Error downloading images.gz:\n"
        "Tried http://one.org/images.gz, got:\n<urlopen error [Errno 101] no route>\n"
        "Tried http://two.org/images.gz, got:\n<urlopen error [Errno 101] no route>\n"
    )
    with pytest.raises(UserError) as error:
        downloaded(tmp_path, told)
    reason = "(Error downloading images.gz; <urlopen error [Errno 101] no route>)"
    assert reason in str(error.value) and ".org" not in str(error.value)


def test_a_download_without_the_wanted_file_is_told(tmp_path):
    with pytest.raises(UserError, match=r"\(images was not among the files\)"):
        downloaded(tmp_path, fetch=lambda beside: None)


def test_a_folder_in_which_nothing_can_be_written_is_told(tmp_path):
    (tmp_path / "data").write_text("a file")
    with pytest.raises(UserError, match=r"the download failed \(.*data'\): put torchvision's SET"):
        downloaded(tmp_path / "data")


@pytest.mark.parametrize("first_fails", [False, True])
def test_of_several_at_once_one_downloads_and_the_others_wait(
    first_fails, tmp_path, monkeypatch, capsys
):
    monkeypatch.setattr(published, "SECONDS_BETWEEN_LOOKS", 0.01)
    begun, go_on, calls, refused = threading.Event(), threading.Event(), [], []

    def slow(beside):
        calls.append(beside)
        (beside / "SET").mkdir()
        (beside / "SET" / "images").write_bytes(b"part")
        begun.set()
        assert go_on.wait(60)
        if first_fails and len(calls) == 1:
            raise RESET
        (beside / "SET" / "images").write_bytes(b"whole")

    def one():
        try:
            downloaded(tmp_path, fetch=slow)
        except UserError as error:
            refused.append(str(error))

    first, *others = threads = [threading.Thread(target=one) for _ in range(4)]
    first.start()
    assert begun.wait(60)
    for thread in others:
        thread.start()
    while capsys.readouterr().out.count("waiting") < 1:
        assert first.is_alive()
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert len(calls) == 1 + first_fails and len(refused) == first_fails
    assert (tmp_path / "SET" / "images").read_bytes() == b"whole"
    assert {path.name for path in tmp_path.iterdir()} == {"SET"}
