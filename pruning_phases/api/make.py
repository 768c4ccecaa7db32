"""Making of a run from a notebook.

In: overrides as on the command line. Out: the run. Imports torch and Hydra when it is called.
"""

from __future__ import annotations

from pruning_phases.api.runs import Run


def run(*overrides: str, verbose: bool = True) -> Run:
    """Find, resume or make the run of these overrides, as ``python -m pruning_phases.train`` does.

    verbose: print what the command prints, a line of progress every ten seconds among it. Raises
    UserError for overrides that cannot be carried out, RunError for a run that had to stop; the
    same call resumes it.

    >>> import pruning_phases as pp
    >>> words = ["study=demo", "num_replicas=2", "pruner.steps=3", "logger=none"]
    >>> made = pp.run(*words, verbose=False)
    >>> made.state, made.config.num_replicas
    ('done', 2)
    """
    from rich.console import Console

    from pruning_phases.cli.train import make
    from pruning_phases.console import new_console
    from pruning_phases.errors import Busy, RunError

    console = new_console() if verbose else Console(quiet=True)
    try:
        return Run(make(overrides, console))
    except Busy as busy:
        raise RunError(str(busy)) from busy
