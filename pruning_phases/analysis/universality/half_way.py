"""Half of the accuracy above chance of one run, as the line that ends a run."""

from pruning_phases.analysis.universality import UniversalityConfig
from pruning_phases.analysis.universality.fit import located
from pruning_phases.analysis.universality.read import read_system
from pruning_phases.errors import UserError
from pruning_phases.records.run import RunRecord
from pruning_phases.statistics.landmarks import Landmark
from pruning_phases.statistics.quote import with_error


def half_way_line(record: RunRecord) -> str:
    """Density and number of surviving weights at half accuracy, or why they are not determined."""
    asked = UniversalityConfig(str(record.folder))
    try:
        half = located(read_system([record]), asked.num_resampled, asked.seed).half
    except UserError as error:
        return f"half-way density not determined: {error}"
    density, kept = half["density"], half["num_kept"]
    if not (isinstance(density, Landmark) and isinstance(kept, Landmark)):
        reason = next(mark.reason for mark in (density, kept) if not isinstance(mark, Landmark))
        return f"half-way density not determined: {reason}"
    return (
        f"half of the accuracy above chance is lost at a density of "
        f"{with_error(*density.exponentiated)}, {with_error(*kept.exponentiated)} surviving weights"
    )
