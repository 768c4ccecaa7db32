"""Check of the options that one step and ridge regression can do with."""

from pruning_phases.config.enums import Difference, Family
from pruning_phases.config.groups import NO_SCORE
from pruning_phases.config.optimizer import OneStepConfig
from pruning_phases.config.run import Config
from pruning_phases.errors import UserError


def check_one_step(config: Config) -> None:
    """Raise UserError for ``optimizer=one_step`` beside options that it cannot have.

    Its runs have no pruning steps, so that they leave out the figure over these.
    """
    if not isinstance(config.optimizer, OneStepConfig):
        return
    widths: list[int] = getattr(config.model, "hidden_widths", list)()
    data, needed = config.dataset, None
    if data.name != "sparse_features":
        needed = "dataset=sparse_features"
    elif config.model.name != "fc" or len(widths) != 1 or widths[0] % 2:
        needed = "model=fc, model.depth=2 and an even width, such as 'model.widths=[100]'"
    elif config.pruner.score != NO_SCORE or config.topology.family is not Family.dense:
        needed = "pruner=none and topology=dense; optimizer.inputs=found prunes"
    elif config.dropout_phase.rates() != ([0.0], [0.0]):
        needed = "dropout_phase=none"
    elif not (data.train_sizes or data.train_size):
        needed = "dataset.train_sizes=[1000,2000] or dataset.train_size"
    elif config.replicas_differ_in is not Difference.everything or data.label_noise:
        needed = "replicas_differ_in=everything and dataset.label_noise=0"
    elif data.num_classes is not None:
        needed = "dataset.num_classes=null"
    if needed:
        raise UserError(f"optimizer=one_step needs {needed}")
    config.figures = [name for name in config.figures if name != "transition"]
