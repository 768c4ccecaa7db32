"""Launch of a Hydra application: words in, an exit code and errors of one line out.

Every entry point goes through ``launch``. Knows no analysis and no run.
"""

import atexit
import os
import sys
from collections.abc import Callable
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
from pruning_phases.config.conf_folder import conf_dir
from pruning_phases.console import keep_output_open, output_fault
from pruning_phases.errors import RunError, Terminated, UserError

RESUMES = "the same command resumes from the last checkpoint"
SWEEP_FLAGS = {"-m", "--multirun"}
VALUED_FLAGS = {
    "-c", "--cfg", "-p", "--package", "-cp", "--config-path", "-cn", "--config-name", "-cd",
    "--config-dir", "--experimental-rerun",
}  # fmt: skip
# All flags of Hydra; any other word that begins with a dash is a mistake.
FLAGS = SWEEP_FLAGS | VALUED_FLAGS | {
    "-h", "--help", "--hydra-help", "--version", "--resolve", "-r", "--run", "-sc",
    "--shell-completion", "-i", "--info",
}  # fmt: skip


def launch(name: str, task: Callable[[Any], Any], keys: list[str]) -> NoReturn:
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


def _launch(name: str, task: Callable[[Any], Any], keys: list[str]) -> NoReturn:
    sys.argv[1:] = _flags_first(name, sys.argv[1:])
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
        hydra.main(version_base=None, config_path=conf_dir(), config_name=name)(guarded)()
    except KeyboardInterrupt:
        _leave(name, f"interrupted: {RESUMES}", 130)
    except Terminated:
        _leave(name, f"ended by SIGTERM: {RESUMES}", 143)
    except Exception as error:
        known = None if wants_traceback else _line_and_code(error, keys)
        if known is None:
            raise
        _leave(name, *known)
    if failures:
        _leave(name, str(failures[0]), failures[0].exit_code)
    if fault := output_fault():
        lost = "the text is incomplete, files of results are not; write it elsewhere"
        _leave(name, f"standard output cannot be written ({fault.strerror}): {lost}", 1)
    sys.exit(0)


def _line_and_code(error: Exception, keys: list[str]) -> tuple[str, int] | None:
    """Return the line that explains an expected error and its exit code; None for a bug."""
    if isinstance(error, UserError | RunError):
        return str(error), error.exit_code
    if isinstance(error, HydraException | OmegaConfBaseException):
        return explain(error, keys), UserError.exit_code
    if isinstance(error, YAMLError):
        return explain_yaml(error), UserError.exit_code
    if isinstance(error, RuntimeError) and "Unknown plugin class" in str(error):
        return "hydra/launcher=ray: pip install 'pruning-phases[ray]' installs it", 2
    if isinstance(error, ValueError) and "Config group override" in str(error):
        empty = [word for word in sys.argv[1:] if word.endswith("=null")]
        return f"{' '.join(empty)}: a group needs one of its options; --help lists them", 2
    if isinstance(error, ValueError) and str(error).startswith("Only one of --run"):
        flags = [word for word in sys.argv[1:] if word.split("=")[0] in FLAGS]
        return f"{' '.join(flags)}: give one of these flags at a time", 2
    if isinstance(error, OSError):
        option = "results_dir" if "results_dir" in keys else "output_dir"
        path, reason = error.filename or "a file", error.strerror or error
        cure = f"give {option}=FOLDER where you may write"
        return f"{path} cannot be written ({reason}): {cure}", 2
    return None


def _flags_first(name: str, words: list[str]) -> list[str]:
    """Return the words in the order that Hydra's parser requires; refuse unknown flags.

    First -m, then the keys, then all other flags with their values.
    """
    keys, flags = [], []
    rest = iter(words)
    for word in rest:
        flag, _, value = word.partition("=")
        if not word.startswith("-"):
            keys.append(word)
        elif flag not in FLAGS:
            _leave(name, f"{word}: no such flag; keys are given as key=value, see --help", 2)
        elif flag in VALUED_FLAGS:
            value = value or next(rest, "")
            if not value:
                _leave(name, f"{flag}: give a value, {flag} VALUE; see --hydra-help", 2)
            flags += [flag, value]
        else:
            flags.append(word)
    sweep = [word for word in flags if word in SWEEP_FLAGS]
    if sweep and name != "train":
        _leave(
            name, f"{sweep[0]}: a sweep makes runs (train); one analysis takes a list of them", 2
        )
    flags = [word for word in flags if word not in SWEEP_FLAGS]
    return [*sweep[:1], *(keys if name == "train" else map(_listed, keys)), *flags]


def _listed(word: str) -> str:
    """Return key=a,b as key=[a,b]: an analysis does not sweep, so several values are a list."""
    key, _, value = word.partition("=")
    plain = "," in value and not set(value) & set("[]{}()'\"")
    return f"{key}=[{value}]" if plain else word


def _leave(name: str, message: str, code: int) -> NoReturn:
    print(f"pruning_phases.{name}: error: {message}", file=sys.stderr)
    sys.exit(code)
