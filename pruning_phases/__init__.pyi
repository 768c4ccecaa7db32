# The names that __init__.py finds at run time, for type checkers and editors.
from pruning_phases.api import *  # noqa: F403

__version__: str
