"""Paths on the command line: any path that a shell can pass, quoted for Hydra.

In: a word ``KEY=VALUE`` and the facts about the keys. Out: the word that Hydra reads as meant.

The rule for a key whose value is a path:

1. The value stays as it is where Hydra reads the very text that was typed, where it stands in
   quotes, and where it is ``null`` for a key that may be null.
2. Any other value is a text, and is quoted: one that Hydra cannot parse (``epoch=10``, ``α β``),
   and one that it reads as something else (``007``, ``1e3``, ``true``, ``[x]``, ``{x}``, ``a,b``).
3. ``${NAME}`` is replaced, as everywhere in Hydra, if NAME is a key of the command or a resolver
   such as ``oc.env:HOME``. Otherwise it is a part of the text.
4. With -m, commas outside quotes and brackets separate the values of a sweep, to each of which the
   rule applies; ``choice(...)`` and Hydra's other sweeps stay as they are. A path with a comma
   needs quotes there.
5. A key that takes several paths takes ``[A,B]`` and ``A,B`` as a list, to each element of which
   the rule applies, unless a file or folder of that very name exists.
"""

import os
import re
from collections.abc import Mapping
from typing import Any

from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.core.override_parser.types import Override, Quote, QuotedString
from hydra.errors import HydraException
from omegaconf import OmegaConf

from pruning_phases.config.keys import Key
from pruning_phases.file_path import expanded

INTERPOLATION = re.compile(r"(\\*)\$\{([^:}]*)(:?)")
OPENING, CLOSING = "([{", ")]}"


def with_quotes(word: str, keys: Mapping[str, Key], sweep: bool) -> str:
    """Quote the paths in a word of the command line; leave the words of other keys as they are."""
    name, equals, value = word.partition("=")
    facts = keys.get(name.lstrip("+"))
    if not equals or facts is None or not (facts.path or facts.paths):
        return word
    if sweep and not _is_sweep_function(value):
        values = [_value(part, facts, keys) for part in parts(value)]
        return f"{name}={','.join(values)}"
    return word if sweep else f"{name}={_value(value, facts, keys)}"


def as_text(value: str) -> str:
    """Return the quoted form that Hydra and OmegaConf read as this very text.

    ``???`` alone is OmegaConf's sign of a missing value.
    """
    value = "./???" if value == "???" else value
    escaped = INTERPOLATION.sub(lambda found: found[1] + "\\" + found[0], value)
    return QuotedString(escaped, Quote.single).with_quotes()


def is_key(text: str) -> bool:
    """True if Hydra reads a text as a key, whether or not the key exists."""
    try:
        OverridesParser.create().parse_override(f"{text}=")
    except HydraException:
        return False
    return True


def parts(value: str) -> list[str]:
    """Split at the commas outside quotes and brackets; brackets that stay open are text.

    A quote opens at the start of a part only. Hydra ignores blanks around such a comma.
    """
    found, depth = _split(value, OPENING)
    found, _ = _split(value, "") if depth else (found, 0)
    return [part.strip(" \t") for part in found] if len(found) > 1 else found


def _split(value: str, opening: str) -> tuple[list[str], int]:
    found, depth, quote = [""], 0, ""
    for at, letter in enumerate(value):
        if quote:
            quote = "" if letter == quote and value[at - 1] != "\\" else quote
        elif letter in "'\"" and not found[-1].strip():
            quote = letter
        elif letter == "," and depth == 0:
            found.append("")
            continue
        else:
            depth = max(0, depth + (letter in opening) - (letter in CLOSING))
        found[-1] += letter
    return found, depth


def _value(value: str, facts: Key, keys: Mapping[str, Key]) -> str:
    if facts.paths:
        if os.path.lexists(expanded(value)):
            return as_text(value)
        several = parts(value)
        is_list = len(several) == 1 and value.startswith("[") and value.endswith("]")
        several = parts(value[1:-1]) if is_list else several
        if is_list or len(several) > 1:
            return f"[{','.join(_path(part, False, keys) for part in several)}]"
    return _path(value, facts.optional, keys)


def _path(value: str, optional: bool, keys: Mapping[str, Key]) -> str:
    read = parsed(value)
    replaced = INTERPOLATION.search(value) is not None and _is_replaced(value, keys)
    if isinstance(read, QuotedString) or (read is None and optional):
        return value
    ambiguous = value == "???" or value.endswith("\\")  # before a comma, in a list or a sweep
    if read == value and not ambiguous and (replaced or not INTERPOLATION.search(value)):
        return value
    return QuotedString(value, Quote.single).with_quotes() if replaced else as_text(value)


def parsed(value: str) -> Any:
    """Return what Hydra reads in a value; Ellipsis if it cannot be parsed."""
    try:
        return _override(value)._value
    except (HydraException, ValueError, RecursionError):
        return ...


def _override(value: str) -> Override:
    return OverridesParser.create().parse_override(f"key={value}")


def _is_sweep_function(value: str) -> bool:
    try:
        return _override(value).is_sweep_override() and len(parts(value)) == 1
    except (HydraException, ValueError, RecursionError):
        return False


def _is_replaced(value: str, keys: Mapping[str, Key]) -> bool:
    """True if every ``${NAME`` in the text names a key or a resolver."""
    return all(
        OmegaConf.has_resolver(name) if colon else name in keys or name.startswith("hydra.")
        for _, name, colon in INTERPOLATION.findall(value)
    )
