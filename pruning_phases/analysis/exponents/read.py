"""Order parameters over a control parameter, read from the records of runs."""

from pruning_phases.records.run import RunRecord
from pruning_phases.statistics.curves import Curve, curve


def read_curves(
    record: RunRecord, order_parameters: list[str], control: str = "density"
) -> dict[str, Curve]:
    """The curve of each order parameter of one run, by name."""
    observables = record.observables()
    num_classes = record.info()["data"]["num_classes"]
    return {name: curve(observables, name, num_classes, control) for name in order_parameters}
