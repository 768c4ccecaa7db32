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
from pruning_phases.errors import UserError, first_line
from pruning_phases.tracking.legal_names import legal_arguments

if TYPE_CHECKING:
    from wandb.sdk.wandb_run import Run


log = logging.getLogger(__name__)

SECONDS_TO_CONNECT = 20

SECONDS_TO_FINISH = 120


@contextmanager
def opened(
    logger: LoggerConfig, folder: Path, run_id: str, falls_back: bool = True, **more: Any
) -> Iterator[Run | None]:
    """Open the W&B run of that id, with its files in ``folder``, and close it at the end.

    It is online with an API key, and offline without one. If the server does not answer, it is
    offline too if it ``falls_back``. It is None if W&B is not asked for or does not work.
    more: further arguments of ``wandb.init``, whose names are made legal.
    """
    if logger.name != "wandb":
        yield None
        return
    exit_code = 1
    try:
        yield _open(logger, folder, run_id, falls_back, more)
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


def refuse_missing_key() -> None:
    """Raise UserError if there is no API key for the server in use."""
    if not key_is_there():
        raise UserError(f"no API key for {host()}: store one with `wandb login`")


def host() -> str:
    """Return the host name of the server in use."""
    return urlparse(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).netloc.split(":")[0]


def mode_of(logger: LoggerConfig) -> str:
    """Return online, offline or disabled; online only with an API key."""
    mode = os.environ.get("WANDB_MODE", "auto") if logger.mode == "auto" else logger.mode
    if mode not in ("offline", "disabled") and not key_is_there():
        if mode == "online":
            log.warning("W&B: no API key for %s, so offline; `wandb login` stores one", host())
        return "offline"
    return "online" if mode == "auto" else mode


def was_sent(folder: Path, run_id: str) -> bool:
    """Return True if files in ``folder`` tell that the server has the run of that id.

    An unsent offline file beside that of an online run tells that the server did not answer.
    """
    offline = _files(folder, "offline-run", run_id)
    return bool(offline - unsent(folder, run_id) or not offline and _files(folder, "run", run_id))


def unsent(folder: Path, run_id: str) -> set[Path]:
    """Return the offline runs of that id in ``folder`` that were not sent to the server."""
    offline = _files(folder, "offline-run", run_id)
    return {one for one in offline if not any(one.glob("*.synced"))}


def drop_unsent(folder: Path, run_id: str) -> None:
    for one in unsent(folder, run_id):
        shutil.rmtree(one, ignore_errors=True)


def _open(
    logger: LoggerConfig, folder: Path, run_id: str, falls_back: bool, more: dict[str, Any]
) -> Run | None:
    mode = mode_of(logger)
    if mode == "disabled":
        return None
    for attempt in dict.fromkeys((mode, "offline") if falls_back else (mode,)):
        earlier = _files(folder, "run", run_id)
        try:
            return _start(folder, run_id, attempt, {"entity": logger.entity, **more})
        except Exception as error:
            log.warning("W&B, %s: %s", attempt, first_line(error))
            _tear_down()
            for empty in _files(folder, "run", run_id) - earlier:
                shutil.rmtree(empty, ignore_errors=True)
    return None


def _start(folder: Path, run_id: str, mode: str, arguments: dict[str, Any]) -> Run:
    import wandb

    if mode == "offline":  # an interrupted process left them, and this one writes them again
        drop_unsent(folder, run_id)
    folder.mkdir(parents=True, exist_ok=True)
    return wandb.init(
        id=run_id,
        # An offline file holds the run from its first step. Marked as resumed, `wandb sync` would
        # append it to the steps that the server has, and those would be there twice.
        resume=None if mode == "offline" else "allow",
        dir=folder,
        mode=mode,  # type: ignore[arg-type]
        settings=wandb.Settings(
            init_timeout=SECONDS_TO_CONNECT, finish_timeout=SECONDS_TO_FINISH, silent=True,
            console="off", x_disable_stats=True, x_disable_meta=True, disable_git=True,
            disable_code=True,
        ),
        **legal_arguments(arguments),
    )  # fmt: skip


def _files(folder: Path, kind: str, run_id: str) -> set[Path]:
    """Return the folders of W&B's files of a run; kind: run (online) or offline-run."""
    return set((folder / "wandb").glob(f"{kind}-*-{run_id}"))


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
