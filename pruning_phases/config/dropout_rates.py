"""Keys of the group ``dropout_phase``: dropout rates in training and in evaluation."""

from dataclasses import dataclass

from omegaconf import MISSING

from pruning_phases.config.keys import key


@dataclass
class DropoutPhaseConfig:
    num_draws: int = key(
        1, "dropout masks that an evaluation averages over", at_least=1,
        at_most=10**6, has_effect=lambda config, phase: any(phase.rates()[1]),
    )  # fmt: skip

    def rates(self) -> tuple[list[float], list[float]]:
        """All p_train and all p_eval; refinement adds to the former."""
        raise NotImplementedError

    def rounds_of_refinement(self) -> int:
        return 0


@dataclass
class FixedRatesConfig(DropoutPhaseConfig):
    p_train: float = key(0.0, "dropout rate in training", at_least=0, below=1)
    p_eval: float = key(0.0, "dropout rate in evaluation", at_least=0, below=1)

    def rates(self) -> tuple[list[float], list[float]]:
        return [self.p_train], [self.p_eval]


@dataclass
class RateGridConfig(DropoutPhaseConfig):
    """A network per replica and p_train, evaluated at each p_eval."""

    p_train: list[float] = key(MISSING, "dropout rates in training", at_least=0, below=1)
    p_eval: list[float] = key(MISSING, "dropout rates in evaluation", at_least=0, below=1)
    refine: int = key(
        0, "rounds of refinement: each trains networks at two further p_train, the middles of the "
        "intervals between which the phases differ most; intervals of 0.04 or less stay",
        at_least=0, at_most=20, before=0,
    )  # fmt: skip

    def rates(self) -> tuple[list[float], list[float]]:
        return self.p_train, self.p_eval

    def rounds_of_refinement(self) -> int:
        return self.refine
