"""Launch of a Hydra application: words in, an exit code and errors of one line out.

Every entry point goes through ``launch``. Knows no analysis and no run.
"""

import atexit
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NoReturn

import hydra
from hydra.core.hydra_config import HydraConfig
from hydra.errors import HydraException
from hydra.types import RunMode
from omegaconf import DictConfig
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from pruning_phases.cli.hydra_errors import explain, explain_yaml
from pruning_phases.cli.words import FLAGS, for_hydra
from pruning_phases.config.conf_folder import conf_dir
from pruning_phases.config.keys import Key
from pruning_phases.console import keep_output_open, output_fault
from pruning_phases.errors import RunError, Terminated, UserError, in_one_line

RESUMES = "the same command resumes from the last checkpoint"


def launch(name: str, task: Callable[[Any], Any], keys: Mapping[str, Key]) -> NoReturn:
    """Run ``task`` as a Hydra application that knows ``keys``, and leave with its exit code."""
    keep_output_open()
    quick_exit = _QuickExit()
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if getattr(spec, "name", None) == f"pruning_phases.{name}":  # the process is this command
        atexit.register(quick_exit)  # registered first, called last
    try:
        _launch(name, task, keys)
    except SystemExit as exit_:
        quick_exit.code = exit_.code
        raise


class _QuickExit:
    """End of the process without the teardown of imports, which takes seconds with torch."""

    code: object = None

    def __call__(self) -> None:
        if isinstance(self.code, int):
            with suppress(OSError, ValueError):  # the reader of a pipe may have closed it
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(self.code)


def _launch(name: str, task: Callable[[Any], Any], keys: Mapping[str, Key]) -> NoReturn:
    failures: list[UserError | RunError] = []

    def guarded(composed: DictConfig) -> Any:
        """Keep the failure of a single run for the last line; in a sweep, hand it to Hydra."""
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
        _refuse_unusable_folder()
        sys.argv[1:] = for_hydra(sys.argv[1:], keys, sweeps=name == "train")
        hydra.main(version_base=None, config_path=conf_dir(), config_name=name)(guarded)()
    except KeyboardInterrupt:
        _leave(name, f"interrupted: {RESUMES}", 130)
    except Terminated:
        _leave(name, f"ended by SIGTERM: {RESUMES}", 143)
    except Exception as error:
        known = None if wants_traceback else line_and_code(error, keys)
        if known is None:
            raise
        _leave(name, *known)
    if failures:
        _leave(name, str(failures[0]), failures[0].exit_code)
    if fault := output_fault():
        lost = "the text is incomplete, files of results are not; write it elsewhere"
        _leave(name, f"standard output cannot be written ({fault.strerror}): {lost}", 1)
    sys.exit(0)


def _refuse_unusable_folder() -> None:
    """Raise UserError for a working directory that is gone, or whose name Hydra would change."""
    try:
        folder = os.getcwd()
    except OSError as error:
        raise UserError("the working directory was deleted: run the command in another") from error
    if "${" in folder:
        raise UserError(
            f"the working directory {folder} holds ${{, which Hydra replaces: run the command in "
            "another"
        )


def line_and_code(error: Exception, keys: Mapping[str, Key]) -> tuple[str, int] | None:
    """Return the line that explains an expected error and its exit code; None for a bug."""
    if isinstance(error, UserError | RunError):
        return str(error), error.exit_code
    if isinstance(error, HydraException | OmegaConfBaseException):
        return explain(error, keys), UserError.exit_code
    if isinstance(error, YAMLError):
        return explain_yaml(error), UserError.exit_code
    if isinstance(error, ValueError) and str(error).startswith("Only one of --run"):
        flags = [word for word in sys.argv[1:] if word.split("=")[0] in FLAGS]
        return f"{' '.join(flags)}: give one of these flags at a time", 2
    if isinstance(error, OSError):
        option = "results_dir" if "results_dir" in keys else "output_dir"
        path, reason = error.filename or "a file", error.strerror or error
        cure = f"give {option}=FOLDER where you may write"
        return f"{path} cannot be written ({reason}): {cure}", 2
    if _is_of_hydra(error):
        return explain(error, keys), UserError.exit_code
    return None


def _is_of_hydra(error: Exception) -> bool:
    """True for an error that Hydra's own code raises: it reports many bad words so."""
    frames = list(traceback.walk_tb(error.__traceback__))
    return frames[-1][0].f_globals["__name__"].partition(".")[0] in ("hydra", "omegaconf")


def _leave(name: str, message: str, code: int) -> NoReturn:
    print(f"pruning_phases.{name}: error: {in_one_line(message)}", file=sys.stderr)
    sys.exit(code)
