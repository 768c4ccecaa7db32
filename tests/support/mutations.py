"""Command lines with mistakes: words of working commands, changed at random from a seed."""

import os
import random
from collections.abc import Callable, Iterator

from pruning_phases.analysis.registry import analyses
from pruning_phases.cli.dashboard import DashboardConfig
from pruning_phases.cli.main import commands
from pruning_phases.cli.reproduce import ReproduceConfig
from pruning_phases.cli.status import StatusConfig
from pruning_phases.cli.wandb_sync import WandbSyncConfig
from pruning_phases.cli.words import FLAGS
from pruning_phases.config.conf_folder import conf_dir
from pruning_phases.config.keys import Key
from pruning_phases.config.register import all_keys, keys_of
from tests.conftest import TINY

RUNS = "runs=multirun/fuzz"
TRAIN = [
    [*TINY, "study=new"],
    ["-m", *TINY, "study=new", "pruner=magnitude,random"],
    ["model=fc", "dataset=gaussian", *TINY, "study=new", "optimizer=sgd"],
    ["pruner=none", "dropout_phase=grid", *TINY, "study=new", "seed=1"],
]
READERS = [[RUNS], [RUNS, "output_dir=out"], [f"{RUNS},multirun/fuzz"]]

VALUES = [
    "", "null", "-1", "0", "1", "2", "0.5", "1e400", "-1e400", "nan", "inf", "1e-320", "9" * 25,
    "1_000", "0x10", "true", "no", "[]", "[[1]]", "[1,2", "[nan]", "{}", "{a:1}", "{", "}", "'",
    "'x", '"', '"x"', "a b", " ", "α β", "x=y", "#", "${seed}", "${oc.env:HOME}", "${x}", "${",
    "${oc.env:NO_SUCH}", "a,b", "1,2", ",", "range(1,3)", "range(3,1)", "choice(1,2)", "glob(*)",
    "interval(0,1)", "sort(2,1)", "tag(a,1)", "int(x)", "str(1)", "extend_list(1)", "shuffle(1,2)",
    "../..", ".", "/dev/null", "/dev/null/x", "/proc/x", "~", "~none/x", "*", "?", "[x]", "(", ")",
    "\x01", "\n", "\udcff", "😀", "x" * 300, "???", "\\", "-", "1:2:3", "@", "%s", "{0}",
    "null,null",
]  # fmt: skip
PLAUSIBLE = [
    "0", "1", "2", "3", "7", "0.1", "0.5", "0.9", "1.5", "1e-9", "100", "1e4", "[0.5]", "[1,2,3]",
    "[]", "null", "true", "false", "here",
]  # fmt: skip
# Sections of Hydra's own. No launcher here submits a job or starts a cluster.
HYDRA = [
    "hydra/launcher=basic", "hydra/launcher=none", "hydra/sweeper=basic", "hydra.mode=MULTIRUN",
    "hydra.run.dir=there", "hydra.job.chdir=true", "hydra.output_subdir=a", "hydra.verbose=true",
    "hydra.sweep.dir=null", "hydra.sweeper.params=1", "hydra/job_logging=default", "hydra=null",
    "hydra.searchpath=[file://none]", "hydra.launcher.n_jobs=0", "hydra.job.name=x",
]  # fmt: skip
PREFIXES = ["+", "++", "~", "-", "--", "@", " ", "=", ".", "/", "é"]
FLAG_WORDS = [
    *sorted(FLAGS),
    "--cfg=job",
    "--cfg=none",
    "-cn=x",
    "-cd=/dev/null",
    "--info=all",
    "-z",
]

Words = list[str]
Change = Callable[[random.Random, Words, Words], None]


def mutated_commands(seed: int) -> Iterator[tuple[str, Words]]:
    """Yield entry points, every other time ``train``, and words with one to three mistakes."""
    draw = random.Random(seed)
    others = [name for name in commands() if name != "train"]
    while True:
        name = "train" if draw.random() < 0.5 else draw.choice(others)
        words = [*draw.choice(TRAIN if name == "train" else READERS)]
        changes = (
            CHANGES if name == "train" else [one for one in CHANGES if one is not _choose_option]
        )
        for _ in range(draw.choice([1, 1, 2, 3])):
            draw.choice(changes)(draw, words, _keys(name))
        yield name, words


def _keys(name: str) -> Words:
    if name == "train":
        return sorted({*all_keys(), *_options()})
    apart = {
        "dashboard": DashboardConfig, "reproduce": ReproduceConfig, "status": StatusConfig,
        "wandb_sync": WandbSyncConfig,
    }  # fmt: skip
    keys = keys_of(apart.get(name) or analyses()[name].CONFIG)
    return sorted(key for key in keys if key != "live")  # such a command does not end by itself


def _options() -> dict[str, Words]:
    """Group -> its options, from the files of ``conf``."""
    folders = [one for one in os.scandir(conf_dir()) if one.is_dir() and one.name != "hydra"]
    return {one.name: sorted(f[:-5] for f in os.listdir(one.path)) for one in folders}


def _add(draw: random.Random, words: Words, keys: Words) -> None:
    words.append(f"{draw.choice(keys)}={draw.choice(VALUES)}")


def _add_plausible(draw: random.Random, words: Words, keys: Words) -> None:
    name = draw.choice(keys)
    facts = all_keys().get(name, Key())
    bounds = [facts.at_least, facts.above, facts.at_most, facts.below]
    words.append(f"{name}={draw.choice([*PLAUSIBLE, *(b for b in bounds if b is not None)])}")


def _replace_value(draw: random.Random, words: Words, _: Words) -> None:
    at = draw.randrange(len(words))
    words[at] = f"{words[at].partition('=')[0]}={draw.choice(VALUES)}"


def _misspell(draw: random.Random, words: Words, _: Words) -> None:
    at = draw.randrange(len(words))
    letter = draw.randrange(len(words[at]) + 1)
    words[at] = words[at][:letter] + draw.choice([*PREFIXES, ""]) + words[at][letter + 1 :]


def _prefix(draw: random.Random, words: Words, _: Words) -> None:
    at = draw.randrange(len(words))
    words[at] = draw.choice(PREFIXES) + words[at]


def _choose_option(draw: random.Random, words: Words, _: Words) -> None:
    group, options = draw.choice(sorted(_options().items()))
    words.append(f"{group}{draw.choice(['', '', '', '@a'])}={draw.choice(options)}")


def _flag(draw: random.Random, words: Words, _: Words) -> None:
    words.insert(draw.randrange(len(words) + 1), draw.choice([*FLAG_WORDS, *HYDRA]))


def _bare(draw: random.Random, words: Words, keys: Words) -> None:
    words.append(draw.choice([*VALUES, *keys]))


def _drop(draw: random.Random, words: Words, _: Words) -> None:
    if len(words) > 1:
        words.pop(draw.randrange(len(words)))


CHANGES: list[Change] = [
    *[_add_plausible] * 12, *[_choose_option] * 4, _add, _add, _replace_value, _misspell, _prefix,
    _flag, _bare, _drop, _drop,
]  # fmt: skip
