"""Import paths ``module:name``: a user's own network, data, score or observable.

In: the text of a key. Out: the object, its source file and that file's digest, or one line that
says what was expected and what came. The registries of models, data sets, scores and observables
resolve import paths here and check what they get. Knows no key by name.
"""

import hashlib
import importlib
import inspect
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from traceback import FrameSummary, extract_tb
from types import ModuleType
from typing import Any

from pruning_phases.errors import RunError, UserError, first_line

FORM = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*(\.[^\W\d]\w*)*")


class Fault(Exception):
    """Difference between what is behind an import path and what was expected."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(reason)
        self.path = path


@dataclass(frozen=True)
class Imported:
    """Object of an import path, the path's module, and the file that defines the object."""

    path: str
    value: Any
    module: ModuleType
    file: str | None
    digest: str | None  # blake2b of the file's bytes when it was imported


def is_import_path(text: str) -> bool:
    return ":" in text


def make_importable(folder: str) -> None:
    """Put a folder in front of the places that modules are imported from, as ``python -m`` does."""
    if folder not in sys.path:
        sys.path.insert(0, folder)


def resolve(path: str, key: str) -> Imported:
    """Import what a key names. Raises UserError in one line."""
    try:
        return _imported(path)
    except Fault as fault:
        raise UserError(f"{key}={path}: {fault}") from fault


@cache  # the digest is that of the code which this process has imported
def _imported(path: str) -> Imported:
    if not FORM.fullmatch(path) or ".py:" in path:
        words = [one for one in re.split(r"[/.:]", path) if one and one != "py"]
        cure = f", such as {'.'.join(words[:-1])}:{words[-1]}" if len(words) > 1 else ""
        raise Fault(path, f"expected an import path MODULE:NAME{cure}")
    name, _, attribute = path.partition(":")
    module = _module(path, name)
    value: Any = module
    for part in attribute.split("."):
        if not hasattr(value, part):
            public = [one for one in vars(module) if one[0] != "_"]
            close = get_close_matches(attribute, public, n=1)
            hint = f"; did you mean {close[0]}" if close else ""
            raise Fault(path, f"no {attribute} in {_file_of(module) or name}{hint}")
        value = getattr(value, part)
    file = _file_of(_definer(value) or module)
    digest = hashlib.blake2b(Path(file).read_bytes(), digest_size=8).hexdigest() if file else None
    return Imported(path, value, module, file, digest)


def _module(path: str, name: str) -> ModuleType:
    importlib.invalidate_caches()  # a file may be younger than the last look into its folder
    try:
        return importlib.import_module(name)
    except (Exception, SystemExit) as error:
        reason = f"importing {name} raised {_described(error)}"
        absent = error.name if isinstance(error, ModuleNotFoundError) else None
        if absent and f"{name}.".startswith(f"{absent}."):
            reason = f"no module {absent} in {Path.cwd()} or among the installed packages"
        raise Fault(path, reason) from error


def _definer(value: Any) -> ModuleType | None:
    """The module that defines a class or a function, which may be imported by that of the path."""
    known = isinstance(value, type) or inspect.isfunction(value)
    return sys.modules.get(value.__module__) if known else None


def _file_of(module: ModuleType) -> str | None:
    file = getattr(module, "__file__", None)
    return file if file and Path(file).is_file() else None


def refuse_call(
    imported: Imported, key: str, arguments: Sequence[str], options: Mapping[str, Any] | None = None
) -> None:
    """Raise UserError unless the object can be called as ``name(*arguments, **options)``."""
    call = ", ".join([*arguments, *(f"{name}={value}" for name, value in (options or {}).items())])
    name = imported.path.partition(":")[2]
    expected = f"{key}={imported.path}: expected a function or class that is called as {name}"
    if not callable(imported.value):
        raise UserError(f"{expected}({call}), got {described(imported.value)}")
    try:
        signature = inspect.signature(imported.value)
    except (TypeError, ValueError):  # of compiled code
        return
    try:
        signature.bind(*arguments, **(options or {}))
    except TypeError as error:
        raise UserError(f"{expected}({call}), got {name}{signature}: {error}") from error


def described(value: Any) -> str:
    """Kind and shape of a value that is not what was expected."""
    if value is None:
        return "None"
    shape = getattr(value, "shape", None)
    kind = type(value).__name__
    if shape is not None:
        return f"{kind} {list(shape)}"
    plain = isinstance(value, bool | int | float | str)
    return f"{kind} {value!r}" if plain else f"an object of type {kind}"


@contextmanager
def reported(key: str, path: str) -> Iterator[None]:
    """Turn an exception of the code behind an import path into a UserError of one line."""
    try:
        yield
    except (UserError, RunError):
        raise
    except Exception as error:
        raise UserError(f"{key}={path}: {_told(error, resolve(path, key).file)}") from error


def blamed(error: BaseException, keys: Mapping[str, str]) -> str | None:
    """One line for an exception that passed through a user's file; None for any other.

    keys: import path -> key.
    """
    if isinstance(error, UserError | RunError):
        return None
    if isinstance(error, Fault):
        return f"{keys[error.path]}={error.path}: {error}"
    passed = [frame.filename for frame in extract_tb(error.__traceback__)]
    files = {path: resolve(path, key).file for path, key in keys.items()}
    found = [path for path, file in files.items() if file in passed]
    if not found:
        return None
    path = min(found, key=lambda one: passed[::-1].index(str(files[one])))  # the innermost
    return f"{keys[path]}={path}: {_told(error, files[path])}"


def _told(error: BaseException, file: str | None) -> str:
    return str(error) if isinstance(error, Fault) else f"raised {_described(error, file)}"


def _described(error: BaseException, file: str | None = None) -> str:
    """Type, first line and place of an exception: the last line of ``file`` that it passed."""
    if isinstance(error, SyntaxError):
        return f"SyntaxError: {error.msg} ({error.filename}, line {error.lineno})"
    frames = [frame for frame in extract_tb(error.__traceback__) if _is_theirs(frame, file)]
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    text = first_line(error)
    return f"{type(error).__name__}{'' if text == type(error).__name__ else f': {text}'}{place}"


def _is_theirs(frame: FrameSummary, file: str | None) -> bool:
    """True for a frame in a user's file; without one, in any file outside Python and this file."""
    if file is not None:
        return frame.filename == file
    return frame.filename != __file__ and "importlib" not in frame.filename
