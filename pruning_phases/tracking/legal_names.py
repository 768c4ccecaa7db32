"""Names that W&B accepts, made from any text.

In: a name of a study, a sweep, a run or a user, and its use at W&B. Out: a legal name. Pure.
"""

import re
from collections.abc import Mapping
from typing import Any

from pruning_phases.config.identity import hash_of
from pruning_phases.errors import UserError

PROJECT, GROUP, NAME, JOB_TYPE, TAG = "project", "group", "name", "job_type", "tag"
MEDIA = "media key"  # its files lie in a folder of that name, so 60 characters fit into 255 bytes
MAX_LENGTH = {PROJECT: 128, GROUP: 128, NAME: 128, JOB_TYPE: 64, TAG: 64, MEDIA: 60}
# Control characters, ends of lines, and halves of characters, which cannot be encoded.
UNPRINTABLE = "\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff"
ILLEGAL = dict.fromkeys(MAX_LENGTH, re.compile(f"[{UNPRINTABLE}]"))
ILLEGAL |= dict.fromkeys((PROJECT, MEDIA), re.compile(rf"[/\\#?%:{UNPRINTABLE}]"))  # in an address


def legal(use: str, name: str) -> str:
    """Return a name as W&B accepts it for that use; a legal one is unchanged.

    Illegal characters become ``-``, blanks at the ends go, and of what is too long the middle goes.
    The hash of the whole name then follows, so that different names stay different. Raises
    UserError for an empty name.
    """
    longest = MAX_LENGTH[use]
    if not name:
        raise UserError(f"the {use} at W&B is empty: give a name of 1 to {longest} characters")
    plain = ILLEGAL[use].sub("-", name).strip()
    if plain == name and len(name) <= longest:
        return name
    mark = f"-{hash_of(name)}"
    longest -= len(mark)
    if len(plain) > longest:  # what differs within a sweep often stands at the end
        end = longest // 3
        plain = f"{plain[: longest - end - 3]}...{plain[-end:]}"
    return (plain or use) + mark


def legal_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of ``wandb.init`` with legal names, and each tag once."""
    names = {
        use: legal(use, arguments[use])
        for use in (PROJECT, GROUP, NAME, JOB_TYPE)
        if arguments.get(use) is not None
    }
    tags = dict.fromkeys(legal(TAG, tag) for tag in arguments.get("tags", []))
    return {**arguments, **names, "tags": list(tags)}
