"""A child's exit code, and signals: the child ends first, then the process that started it."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pruning_phases.cli.child_process import exit_code_of
from tests.support.commands import environment

CHILD = """
import signal, sys, time

def leave(number, frame):
    time.sleep(0.5)  # as long as a checkpoint takes
    print("checkpoint", flush=True)
    sys.exit(int(sys.argv[1]))

signal.signal(signal.SIGINT, leave)
signal.signal(signal.SIGTERM, leave)
print("began", flush=True)
time.sleep(30)
"""
PARENT = """
import sys
from pruning_phases.cli.child_process import exit_code_of
from pruning_phases.errors import Terminated

try:
    print(exit_code_of(["child", sys.argv[1]]))
except BaseException as error:
    print(type(error).__name__)
"""


def ended(folder: Path, code: int, number: signal.Signals, to_group: bool) -> list[str]:
    """Lines of both processes. The signal goes to the first one, or to both as from a terminal."""
    (folder / "child.py").write_text(CHILD)
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(code)], cwd=folder, text=True, stdout=subprocess.PIPE,
        env=environment(), start_new_session=True,
    )  # fmt: skip
    assert parent.stdout is not None
    first = parent.stdout.readline().strip()
    time.sleep(0.1)
    (os.killpg if to_group else os.kill)(parent.pid, number)
    return [first, *parent.communicate(timeout=20)[0].split()]


@pytest.mark.parametrize(
    ("number", "to_group", "code", "error"),
    [
        (signal.SIGINT, True, 130, "KeyboardInterrupt"),
        (signal.SIGINT, True, 0, "KeyboardInterrupt"),  # the child had ended its work
        (signal.SIGTERM, False, 143, "Terminated"),
    ],
)
def test_a_signal_ends_both_and_the_child_first(number, to_group, code, error, tmp_path):
    assert ended(tmp_path, code, number, to_group) == ["began", "checkpoint", error]


@pytest.mark.parametrize(
    ("text", "code"),
    [("", 0), ("raise SystemExit(3)", 3), ("import os; os.kill(os.getpid(), 9)", -9)],
)
def test_the_exit_code_of_the_child(text, code, tmp_path, monkeypatch):
    (tmp_path / "quick.py").write_text(text)
    monkeypatch.chdir(tmp_path)
    assert exit_code_of(["quick"]) == code
    assert signal.getsignal(signal.SIGTERM) == signal.SIG_DFL


@pytest.mark.parametrize("code", [130, 143])
def test_a_child_that_a_signal_ended_ends_its_parent(code, tmp_path, monkeypatch):
    (tmp_path / "quick.py").write_text(f"raise SystemExit({code})")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(BaseException) as raised:
        exit_code_of(["quick"])
    assert type(raised.value).__name__ == {130: "KeyboardInterrupt", 143: "Terminated"}[code]
