"""Runs at Weights & Biases: online with an API key, offline without one, never with a prompt.

In: the configuration of the logger. Out: an open W&B run, or None. Errors are logged, not raised.
"""

from __future__ import annotations

import logging
import netrc
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlparse

from pruning_phases.config.groups import LoggerConfig
from pruning_phases.errors import first_line

if TYPE_CHECKING:
    from wandb.sdk.wandb_run import Run


log = logging.getLogger(__name__)

SECONDS_TO_CONNECT = 20

SECONDS_TO_FINISH = 120


@contextmanager
def opened(logger: LoggerConfig, folder: Path, run_id: str, **more: Any) -> Iterator[Run | None]:
    """Open the W&B run of that id, with its files in ``folder``, and close it at the end.

    It is online with an API key, and offline without one or if the server does not answer. It is
    None if W&B is not asked for or does not work. more: further arguments of ``wandb.init``.
    """
    if logger.name != "wandb":
        yield None
        return
    exit_code = 1
    try:
        yield _open(logger, folder, run_id, more)
        exit_code = 0
    finally:
        _close(exit_code)


def key_is_there() -> bool:
    """Return True if the environment, or ~/.netrc for the server in use, holds an API key.

    W&B itself would prompt for a missing key.
    """
    if os.environ.get("WANDB_API_KEY"):
        return True
    try:
        keys = netrc.netrc(os.environ.get("NETRC") or Path.home() / ".netrc")
    except (OSError, netrc.NetrcParseError, RuntimeError):
        return False
    return keys.authenticators(host()) is not None


def host() -> str:
    """Return the host name of the server in use."""
    return urlparse(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).netloc.split(":")[0]


def _open(logger: LoggerConfig, folder: Path, run_id: str, more: dict[str, Any]) -> Run | None:
    mode = os.environ.get("WANDB_MODE", "auto") if logger.mode == "auto" else logger.mode
    if mode == "disabled":
        return None
    if mode != "offline" and not key_is_there():
        if mode == "online":
            log.warning("W&B: no API key for %s, so offline; `wandb login` stores one", host())
        mode = "offline"
    elif mode == "auto":
        mode = "online"
    for attempt in dict.fromkeys((mode, "offline")):
        try:
            return _start(folder, run_id, attempt, {"entity": logger.entity, **more})
        except Exception as error:
            log.warning("W&B, %s: %s", attempt, first_line(error))
            _tear_down()
    return None


def _start(folder: Path, run_id: str, mode: str, arguments: dict[str, Any]) -> Run:
    import wandb

    if mode == "offline":
        _drop_unsent(folder, run_id)
    folder.mkdir(parents=True, exist_ok=True)
    return wandb.init(
        id=run_id,
        resume="allow",
        dir=folder,
        mode=mode,  # type: ignore[arg-type]
        settings=wandb.Settings(
            init_timeout=SECONDS_TO_CONNECT, finish_timeout=SECONDS_TO_FINISH, silent=True,
            console="off", x_disable_stats=True, x_disable_meta=True, disable_git=True,
            disable_code=True,
        ),
        **arguments,
    )  # fmt: skip


def _drop_unsent(folder: Path, run_id: str) -> None:
    """Remove the unsent offline files of an interrupted process: this one writes them again."""
    for unfinished in (folder / "wandb").glob(f"offline-run-*-{run_id}"):
        if not any(unfinished.glob("*.synced")):
            shutil.rmtree(unfinished, ignore_errors=True)


def _tear_down() -> None:
    """End W&B's helper process, which would otherwise keep the id of the run."""
    with suppress(Exception):
        import wandb

        wandb.teardown()


def _close(exit_code: int) -> None:
    """Finish the W&B run, if one is open.

    Data that the server does not accept within SECONDS_TO_FINISH stay in the run's file, and
    ``wandb sync`` sends them.
    """
    try:
        import wandb

        if wandb.run is not None:
            wandb.finish(exit_code=exit_code)
    except Exception as error:
        log.warning("W&B: %s", first_line(error))
