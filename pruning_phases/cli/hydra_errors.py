"""Hydra's reports of bad overrides, in one line that names the key and the cure."""

import difflib
import re
import shlex
import sys
from collections.abc import Mapping

from hydra.errors import MissingConfigException, OverrideParseException
from omegaconf.errors import OmegaConfBaseException
from yaml import YAMLError

from pruning_phases.cli.path_values import as_text, is_key
from pruning_phases.config.keys import Key
from pruning_phases.errors import first_line

# Option of a Hydra plugin -> the option of this package that builds on it.
BUILT_ON = {"joblib": "local", "submitit_slurm": "slurm"}

SEVERAL = "{0}: several values make a sweep, which -m starts; a list is key=[a,b]"
# Report of Hydra -> one line that names the word and the cure.
REPORTS = {
    r"Ambiguous value for argument '(.*)'\n": SEVERAL,
    r"Sweep parameters '(.*)' requires": SEVERAL,
    r"Could not delete from config\. '(.*)' does not": "~{0}: no such key; --help lists all",
    r"Could not delete from config\. The value of '(.*)' is (.*) and not (.*)\.":
        "~{0}={2}: the value is {1}: leave the word out, or give {0}=VALUE",
    r"Could not override '(\S+)@(\S+)'": "{0}@{1}: no such place of the group; give {0}=OPTION",
    r"force-add of config groups is not supported: '(\S+)'": "{0}: leave out the signs ++",
    r"Could not load '(.*?)'": "{0}: no such file in conf; --help lists the options",
    r"Could not delete '(.*)'\. No match": "~{0}: no such option is chosen; give GROUP=OPTION",
    r"Override (\S+) looks like a config group override": "{0}: no such group; --help lists them",
    r"File (.*) does not exist!": "--experimental-rerun={0}: no such file",
    r"Cannot find primary config '(.*?)'": "--config-name={0}: no such file: leave the flag out",
    r"Primary config module '(.*?)' not found": "--config-path={0}: no such folder",
    r"Primary config directory not found": "--config-path: no such folder",
    r"Additional config directory '(.*)' not found": "--config-dir={0}: no such folder",
    r"Expecting one subcommand": "--shell-completion: give -sc install=bash, -sc uninstall=bash or "
        "another shell's name",
    r"--resolve flag can only": "--resolve: give --cfg job too, which it completes",
    r"Unknown plugin class": "hydra/launcher=ray: pip install 'pruning-phases[ray]' installs it",
}  # fmt: skip


def explain(error: Exception, keys: Mapping[str, Key]) -> str:
    """Return Hydra's report of a bad override in one line: the key, the reason, the cure."""
    if isinstance(error, MissingConfigException) and error.missing_cfg_file:
        group, _, option = error.missing_cfg_file.rpartition("/")
        if option in BUILT_ON:
            return (
                f"hydra/launcher={BUILT_ON[option]}: pip install 'pruning-phases[cluster]' "
                "installs it"
            )
        if error.options:
            options = [name for name in error.options if not name.startswith("schema")]
            return f"{group}={option}: no such option; choose {', '.join(options)}"
    if isinstance(error, OverrideParseException):
        return _unreadable(error.override, keys)
    if line := _known_report(str(error)):
        return line
    wrapped = not isinstance(error, OmegaConfBaseException)
    cause = (error.__cause__ or error.__context__) if wrapped else error
    text = f"{error}\n{cause or ''}"
    key = _first(r"full_key: (\S+)", text) or _first(r"override '([^']+)'", text)
    chosen = any(word.lstrip("+").startswith(f"{key}=") for word in sys.argv[1:])
    if key and "." not in key and chosen and _is_of_a_file(text):
        return (
            f'{key}: the chosen file needs the first line "# @package _global_", without which its '
            f"keys are put under {key}"
        )
    if re.search(r"not in '|is not in struct|No match in the defaults list", text) and key:
        return no_such_key(key, keys)
    if key and "is not a ListConfig" in text:
        return f"{key}: give a list, {key}=[A,B]"
    if cause and key:
        reason = str(cause).splitlines()[0]
        return f"{key}: {reason[0].lower()}{reason[1:]}; --help shows the key's meaning"
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    lines = [line for line in lines if not line.startswith(("full_key", "object_type"))]
    return "; ".join(lines) or "Hydra cannot read these words; --help shows their form, key=value"


def _known_report(text: str) -> str:
    for pattern, line in REPORTS.items():
        if found := re.search(pattern, text):
            return line.format(*found.groups())
    return ""


def _unreadable(word: str, keys: Mapping[str, Key]) -> str:
    """One line for a word that Hydra cannot parse."""
    key, equals, value = word.partition("=")
    if not equals:
        return f"{word}: give KEY={word}; --help lists the keys"
    if not is_key(key):
        return no_such_key(key, keys)
    typed = _for_shell(f"{key}={as_text(value)}")
    return f"{key}: cannot read {value}: close its quotes and brackets; a text is typed {typed}"


def _for_shell(word: str) -> str:
    """Quote a word for a shell: in double quotes where these change nothing inside."""
    return shlex.quote(word) if set(word) & set('"$`\\!') else f'"{word}"'


def explain_yaml(error: YAMLError) -> str:
    """File, line and problem of a YAML file that cannot be read."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or first_line(error)
    where = f"{mark.name}, line {mark.line + 1}" if mark else "an option's file"
    return f"{where}: no valid YAML: {problem}"


def _is_of_a_file(text: str) -> bool:
    """True for an unknown key of an option's file, False for one of the command line."""
    return "not in '" in text and "Could not override" not in text


def no_such_key(key: str, keys: Mapping[str, Key]) -> str:
    """One line for a key that the command does not have."""
    if key in keys:
        return (
            f"{key}: the chosen option of {key.partition('.')[0]} has no such key; --help lists all"
        )
    close = difflib.get_close_matches(key, keys, n=1)
    nearest = f"; did you mean {close[0]}" if close else ""
    return f"{key}: no such key{nearest}; --help lists all"


def _first(pattern: str, text: str) -> str | None:
    match = re.search(pattern, text)
    return match.group(1) if match else None
