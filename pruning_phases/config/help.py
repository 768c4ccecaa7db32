"""Text of ``--help``, made from the facts beside the keys."""

import re
import textwrap
from typing import Any

from pruning_phases.config.conf_folder import groups, options
from pruning_phases.config.keys import Key, bounds_text, declared
from pruning_phases.config.run import Config
from pruning_phases.registry import members

WIDTH = 100
FOOTER = "Powered by Hydra: --cfg job prints the configuration, --help this page."

TRAIN = """
    python -m pruning_phases.train                       scikit-learn's digits, under a minute
    python -m pruning_phases.train model=fc dataset=mnist scale=laptop data_dir=FOLDER
    python -m pruning_phases.train -m model=fc,cnn dataset=mnist,kmnist      every combination
    python -m pruning_phases.train experiment=fig1 dataset=mnist             a figure of a paper

  The same command again skips runs that are done and resumes those that were interrupted.
  -m KEY=A,B sweeps. Some experiments sweep by themselves; docs/reference.md says which.
"""

MEASURED = {
    "density": "surviving weights / prunable weights",
    "effective_density": "surviving weights on a path from input to output / prunable weights",
    "accuracy": "fraction of the test examples that are classified correctly",
    "loss": "mean of -ln p_y over the test examples, y the label, p the softmax output; nats",
    "prediction_entropy": "-sum_c f_c ln f_c, f_c the fraction of the test examples that the "
    "network assigns to class c; nats. ln C: it uses all C classes equally, 0: one takes all",
    "outcome_entropy": "mean of -sum_c p_c ln p_c over the test examples; nats. 0: certain "
    "outputs, ln C: uniform outputs",
}


def command_help(name: str, kind: type, about: str) -> dict[str, str]:
    """Hydra's help node of a command other than ``train``; ``about``: docstring of its module."""
    for_users = re.sub(r"\s*May not [^.]*\.", "", about.replace("``", ""))  # a rule of the house
    return _node(name, for_users, _meanings(declared(kind)))


def train_help(schemas: dict[str, dict[str, type]]) -> dict[str, str]:
    """Hydra's help node of ``train``: groups with their options, then every key."""
    lines = ["== Groups: choose one option each (group=option) ==", ""]
    for group in [*groups(), "hydra/launcher"]:
        lines.append(_row(group, ", ".join(options(group)), 16))
    lines += ["", "== Analyses: 'figures=[NAME,...]' plots them at the end of a run ==", ""]
    lines.append(_row("figures", ", ".join(members("pruning_phases.analysis", "CONFIG")), 16))
    lines += ["", "== What is measured: after every step, on the whole published test split ==", ""]
    lines += [_row(name, meaning, 26) for name, meaning in MEASURED.items()]
    keys = {path: facts for path, facts, _ in declared(Config)}
    for group, kinds in schemas.items():
        for kind in kinds.values():
            keys |= {f"{group}.{path}": facts for path, facts, _ in declared(kind)}
    title = "Train an ensemble of networks, prune it step by step, and record how it breaks."
    content = f"{title}\n{TRAIN}\n" + "\n".join(lines) + "\n"
    return _node("train", content, _meanings((path, facts, None) for path, facts in keys.items()))


def _meanings(keys: Any) -> str:
    return "\n".join(_row(path, _meaning(facts), 26) for path, facts, _ in keys if facts.meaning)


def _meaning(facts: Key) -> str:
    return f"{facts.meaning} ({bounds_text(facts)})" if has_bounds(facts) else facts.meaning


def has_bounds(facts: Key) -> bool:
    return any(b is not None for b in (facts.at_least, facts.above, facts.at_most, facts.below))


def _row(name: str, text: str, width: int) -> str:
    indent = " " * (4 + width)
    wrapped = textwrap.wrap(text, WIDTH - len(indent))
    first = f"    {name:<{width - 1}} " if len(name) < width else f"    {name}\n{indent}"
    return first + f"\n{indent}".join(wrapped)


def _node(name: str, content: str, meanings: str) -> dict[str, str]:
    content, meanings = (part.replace("$", "$$") for part in (content, meanings))
    template = (
        f"{content.strip()}\n\n== Keys (key=value), with the values of this command ==\n\n$CONFIG\n"
        f"\n== What the keys mean ==\n\n{meanings}\n\n{FOOTER}\n"
    )
    return {
        "app_name": f"pruning_phases.{name}", "header": "", "footer": "", "template": template,
    }  # fmt: skip
