"""Hydra's reports of bad overrides, in one line that names the key and the cure."""

import difflib
import re

from hydra.errors import MissingConfigException
from omegaconf.errors import OmegaConfBaseException

# Option of a Hydra plugin -> the option of this package that builds on it.
BUILT_ON = {"joblib": "local", "submitit_slurm": "slurm"}


def explain(error: Exception, keys: list[str]) -> str:
    """Return Hydra's report of a bad override in one line: the key, the reason, the cure."""
    if isinstance(error, MissingConfigException) and error.missing_cfg_file and error.options:
        group, _, option = error.missing_cfg_file.rpartition("/")
        if option in BUILT_ON:
            return (
                f"hydra/launcher={BUILT_ON[option]}: pip install 'pruning-phases[cluster]' "
                "installs it"
            )
        options = [name for name in error.options if not name.startswith("schema")]
        return f"{group}={option}: no such option; choose {', '.join(options)}"
    if several := _first(r"Ambiguous value for argument '(.*)'", str(error)):
        return f"{several}: several values make a sweep, which -m starts; a list is key=[a,b]"
    wrapped = not isinstance(error, OmegaConfBaseException)
    cause = (error.__cause__ or error.__context__) if wrapped else error
    text = f"{error}\n{cause or ''}"
    key = _first(r"full_key: (\S+)", text) or _first(r"override '([^']+)'", text)
    if key and key.startswith("trainer.options."):
        return f"{key}: an option for Lightning's Trainer is added with +{key}=VALUE"
    if re.search(r"not in '|is not in struct", text) and key:
        return f"{key}: no such key{_nearest(key, keys)}; --help lists all"
    if key and "is not a ListConfig" in text:
        return f"{key}: give a list, {key}=[A,B]"
    if "missing EQUAL" in text and "=" not in (
        word := _first(r"parsing override '(.*)'", text) or "="
    ):
        return f"{word}: give KEY={word}; --help lists the keys"
    if cause and key:
        reason = str(cause).splitlines()[0]
        return f"{key}: {reason[0].lower()}{reason[1:]}; --help shows the key's meaning"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return "; ".join(line for line in lines if not line.startswith(("full_key", "object_type")))


def _nearest(key: str, keys: list[str]) -> str:
    close = difflib.get_close_matches(key, keys, n=1)
    return f"; did you mean {close[0]}" if close else ""


def _first(pattern: str, text: str) -> str | None:
    match = re.search(pattern, text)
    return match.group(1) if match else None
