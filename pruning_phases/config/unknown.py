"""Check for unknown keys: Hydra's schema accepts those that were added with ``+``."""

from dataclasses import fields, is_dataclass
from typing import Any

from omegaconf import DictConfig, OmegaConf

from pruning_phases.errors import UserError


def refuse_unknown(node: Any, path: str = "") -> None:
    """Raise UserError for a key that its dataclass does not have. A dictionary may have any key."""
    kind = OmegaConf.get_type(node) if isinstance(node, DictConfig) else None
    if not is_dataclass(kind):
        return
    known = {entry.name for entry in fields(kind)}
    for key, value in node.items_ex(resolve=False):
        if str(key) not in known:
            raise UserError(
                f"{path}{key}: no such key; {path.rstrip('.') or 'the configuration'} has "
                + ", ".join(sorted(known))
            )
        refuse_unknown(value, f"{path}{key}.")
