"""Opens runs at Weights & Biases: online where a key is, offline otherwise, never with a prompt and
never at the cost of what is mirrored there."""

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
def opened(logger: LoggerConfig, folder: Path, run_id: str, **about: Any) -> Iterator[Run | None]:
    """The W&B run of that id, whose files go to ``folder``, until this is left: online if a key is
    there, offline if not or if the server does not answer, None if even that fails or if W&B is
    not asked for."""
    if logger.name != "wandb":
        yield None
        return
    exit_code = 1
    try:
        yield _open(logger, folder, run_id, about)
        exit_code = 0
    finally:
        _close(exit_code)


def key_is_there() -> bool:
    """An API key in the environment or, for the server in use, in ~/.netrc: looked for here, since
    W&B would ask for one that is missing."""
    if os.environ.get("WANDB_API_KEY"):
        return True
    try:
        keys = netrc.netrc(os.environ.get("NETRC") or Path.home() / ".netrc")
    except (OSError, netrc.NetrcParseError, RuntimeError):
        return False
    return keys.authenticators(host()) is not None


def host() -> str:
    """Host name of the server in use."""
    return urlparse(os.environ.get("WANDB_BASE_URL", "https://api.wandb.ai")).netloc.split(":")[0]


def _open(logger: LoggerConfig, folder: Path, run_id: str, about: dict[str, Any]) -> Run | None:
    mode = os.environ.get("WANDB_MODE", "auto") if logger.mode == "auto" else logger.mode
    if mode == "disabled":
        return None
    if mode != "offline" and not key_is_there():
        if mode == "online":
            log.warning("W&B: no API key for %s, so offline; `wandb login` keeps one", host())
        mode = "offline"
    elif mode == "auto":
        mode = "online"
    for attempt in dict.fromkeys((mode, "offline")):
        try:
            return _start(folder, run_id, attempt, {"entity": logger.entity, **about})
        except Exception as error:
            log.warning("W&B, %s: %s", attempt, first_line(error))
            _tear_down()
    return None


def _start(folder: Path, run_id: str, mode: str, about: dict[str, Any]) -> Run:
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
        **about,
    )  # fmt: skip


def _drop_unsent(folder: Path, run_id: str) -> None:
    """Remove what a process that was cut off has left of the run and nobody has sent: this one
    writes it again, so that one folder holds the whole run."""
    for left in (folder / "wandb").glob(f"offline-run-*-{run_id}"):
        if not any(left.glob("*.synced")):
            shutil.rmtree(left, ignore_errors=True)


def _tear_down() -> None:
    """End W&B's helper process, which otherwise holds the id of the run that it could not open."""
    with suppress(Exception):
        import wandb

        wandb.teardown()


def _close(exit_code: int) -> None:
    """Finish the W&B run, if one is open. What the server does not take within SECONDS_TO_FINISH
    stays in the run's file, from where ``wandb sync`` sends it."""
    try:
        import wandb

        if wandb.run is not None:
            wandb.finish(exit_code=exit_code)
    except Exception as error:
        log.warning("W&B: %s", first_line(error))
