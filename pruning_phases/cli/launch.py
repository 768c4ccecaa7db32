"""What all entry points share: where ``conf`` is, and errors in one line with an exit code."""

from __future__ import annotations

import atexit
import os
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NoReturn

from pruning_phases.cli.hydra_errors import explain
from pruning_phases.config.folder import conf_dir
from pruning_phases.errors import RunError, Terminated, UserError

if TYPE_CHECKING:
    from omegaconf import DictConfig


GOES_ON = "the same command goes on from the last checkpoint"

# Hydra's own flags; anything else that begins with a dash is a mistake.
SWEEP_FLAGS = {"-m", "--multirun"}

FLAGS = SWEEP_FLAGS | {
    "-h", "--help", "--hydra-help", "--version", "-c", "--cfg", "--resolve", "-p", "--package",
    "-r", "--run", "-sc", "--shell-completion", "-cp", "--config-path", "-cn", "--config-name",
    "-cd", "--config-dir", "-i", "--info", "--experimental-rerun",
}  # fmt: skip


def launch(name: str, task: Callable[[Any], Any], keys: list[str]) -> NoReturn:
    """Run ``task`` as a Hydra application that knows ``keys``, and leave with its exit code."""
    ending = _Ending()
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if getattr(spec, "name", None) == f"pruning_phases.{name}":  # the process is this command
        atexit.register(ending)  # the first to be registered is the last to be called
    try:
        _launch(name, task, keys)
    except SystemExit as leaving:
        ending.code = leaving.code
        raise


class _Ending:
    """Ends the process without taking apart what it has imported: with torch that takes more than
    a second, and the system does it anyway."""

    code: object = None

    def __call__(self) -> None:
        if isinstance(self.code, int):
            with suppress(OSError, ValueError):  # nobody reads the output any more
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(self.code)


def _launch(name: str, task: Callable[[Any], Any], keys: list[str]) -> NoReturn:
    sys.argv[1:] = _flags_first(name, sys.argv[1:])
    import hydra
    from hydra.core.hydra_config import HydraConfig
    from hydra.errors import HydraException
    from hydra.types import RunMode
    from omegaconf.errors import OmegaConfBaseException

    failures: list[UserError | RunError] = []

    def guarded(composed: DictConfig) -> Any:
        """A single run's failure is kept for the one line at the end; a sweep's is Hydra's to
        count, which then names the overrides of the run that failed."""
        try:
            return task(composed)
        except (UserError, RunError) as error:
            if wants_traceback or HydraConfig.get().mode == RunMode.MULTIRUN:
                raise
            failures.append(error)
            return None

    wants_traceback = "HYDRA_FULL_ERROR" in os.environ
    os.environ["HYDRA_FULL_ERROR"] = "1"  # Hydra hands its errors over instead of printing them
    try:
        hydra.main(version_base=None, config_path=conf_dir(), config_name=name)(guarded)()
    except KeyboardInterrupt:
        _leave(name, f"interrupted: {GOES_ON}", 130)
    except Terminated:
        _leave(name, f"told to end (SIGTERM): {GOES_ON}", 143)
    except (UserError, RunError) as error:
        if wants_traceback:
            raise
        _leave(name, str(error), error.exit_code)
    except (HydraException, OmegaConfBaseException) as error:
        if wants_traceback:
            raise
        _leave(name, explain(error, keys), UserError.exit_code)
    except RuntimeError as error:
        if wants_traceback or "Unknown plugin class" not in str(error):
            raise
        _leave(name, "hydra/launcher=ray: pip install 'pruning-phases[ray]' installs it", 2)
    except ValueError as error:
        if wants_traceback or "Config group override" not in str(error):
            raise
        empty = [word for word in sys.argv[1:] if word.endswith("=null")]
        _leave(name, f"{' '.join(empty)}: a group needs one of its options; --help lists them", 2)
    except OSError as error:
        if wants_traceback:
            raise
        where = error.filename or "a file"
        option = "results_dir" if "results_dir" in keys else "output_dir"
        cure = f"give {option}=FOLDER where you may write"
        _leave(name, f"{where} cannot be written ({error.strerror or error}): {cure}", 2)
    if failures:
        _leave(name, str(failures[0]), failures[0].exit_code)
    sys.exit(0)


def _flags_first(name: str, words: list[str]) -> list[str]:
    """The words with -m in front, where Hydra's parser wants it; unknown flags end here."""
    for word in words:
        if word.startswith("-") and word.split("=")[0] not in FLAGS:
            _leave(name, f"{word}: no such flag; keys are given as key=value, see --help", 2)
    sweep = [word for word in words if word in SWEEP_FLAGS]
    if sweep and name != "train":
        _leave(
            name, f"{sweep[0]}: a sweep makes runs (train); one analysis takes a list of them", 2
        )
    words = [word for word in words if word not in SWEEP_FLAGS]
    return [*sweep[:1], *(words if name == "train" else map(_listed, words))]


def _listed(word: str) -> str:
    """key=a,b as key=[a,b]: an analysis does not sweep, so several values are a list of them."""
    key, _, value = word.partition("=")
    plain = "," in value and not set(value) & set("[]{}()'\"")
    return f"{key}=[{value}]" if plain else word


def _leave(name: str, message: str, code: int) -> NoReturn:
    print(f"pruning_phases.{name}: error: {message}", file=sys.stderr)
    sys.exit(code)
