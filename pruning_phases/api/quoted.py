"""Tables of pandas whose numbers are quoted with their errors.

In: a table with columns NAME and NAME_error. Out: a table of text for reading.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pruning_phases.statistics.quote import with_error

if TYPE_CHECKING:
    import pandas as pd

ENDING = "_error"


def quoted(table: pd.DataFrame) -> pd.DataFrame:
    """Return the table with one column of text in place of every pair NAME, NAME_error.

    >>> import pandas as pd
    >>> import pruning_phases as pp
    >>> table = pd.DataFrame({"density": [1.0], "loss": [0.1053], "loss_error": [0.0069]})
    >>> print(pp.quoted(table).to_string(index=False))
     density     loss
         1.0 0.105(7)
    """
    made = table.copy()
    for name in table.columns:
        error = f"{name}{ENDING}"
        if error in table.columns:
            pairs = zip(table[name], table[error], strict=True)
            made[name] = [with_error(value, own) for value, own in pairs]
            made = made.drop(columns=error)
    return made
