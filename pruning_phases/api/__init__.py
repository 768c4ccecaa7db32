"""Python interface for notebooks: ``import pruning_phases as pp``.

In: folders of runs, keys of the analyses, overrides of a run. Out: runs, tables, results with
errors, matplotlib axes. Reading imports neither torch nor Hydra. May not know any single analysis
but the transition and the table, whose results are tables here.

>>> import pruning_phases as pp
>>> study = pp.load("multirun/transition")
>>> fits = study.fit_exponents(order_parameters=["accuracy"], num_resampled=100)
>>> fits["fits"][0]["order_parameter"]
'accuracy'
"""

from pruning_phases.api.analyses import analyse
from pruning_phases.api.make import run
from pruning_phases.api.quoted import quoted
from pruning_phases.api.results import Entry, Estimate, Result
from pruning_phases.api.runs import Run
from pruning_phases.api.study import Study, load
from pruning_phases.errors import RunError, UserError

__all__ = [
    "Entry",
    "Estimate",
    "Result",
    "Run",
    "RunError",
    "Study",
    "UserError",
    "analyse",
    "load",
    "quoted",
    "run",
]
