"""The training loop of an ensemble, as a Lightning module.

In: the networks of a chunk, their data, the numbers of weights to keep. Out: trained networks, in
place. Knows no score, no observable and no record: those are the callbacks' work.
"""

from collections.abc import Iterable
from functools import partial
from typing import Any

import numpy as np
import torch
from lightning import LightningModule
from numpy.typing import NDArray
from torch import Tensor
from torch.optim import Optimizer

from pruning_phases.config.enums import Rule, Stage
from pruning_phases.config.groups import Budget
from pruning_phases.config.optimizer import descent
from pruning_phases.config.run import Config
from pruning_phases.ensemble import dense
from pruning_phases.ensemble.data_order import DataOrder, updates_per_epoch
from pruning_phases.ensemble.device_data import DeviceData
from pruning_phases.ensemble.members import Member, keys_of, train_rates
from pruning_phases.ensemble.optimizers import (
    begin_state,
    build_optimizer,
    load_state,
    set_num_updates,
    state_tensors,
)
from pruning_phases.ensemble.replicas import Replicas
from pruning_phases.ensemble.sparse import SparseForm, sparse_form
from pruning_phases.errors import RunError
from pruning_phases.streams import key_words
from pruning_phases.training.budgets import max_rounds, max_updates, round_end
from pruning_phases.training.learning_rate import learning_rates
from pruning_phases.training.rounds import RoundSource

UPDATES_PER_CALL = 32  # updates in one training_step: Lightning's overhead is paid once for all


class EnsembleModule(LightningModule):
    """Trains the networks of ``group``, prunes, trains again, until the schedule ends.

    The group may be a chunk of the run's ensemble; ``largest_size`` is the ensemble's largest
    training set. A dimension called R counts the networks of the group.

    A *step* is a pruning and the training that follows; step 0 is the dense training. The training
    of a step consists of *rounds*. A round is one epoch of the run's largest training set, a
    growing number of updates (``growth``), or the rest of the step's budget; and one epoch of
    Lightning's:

        for every round of every step
            on_train_epoch_start    Prune            first round: prune, erase momentum
                                    Regrow           later rounds: replace weights (RigL)
                                    EarlyStopping    first round: start to watch the loss
                                    TrainingCurve    first round: start a new curve
                                    EnsembleModule   set the sum of the losses to 0
            training_step           EnsembleModule   a block of updates
            on_train_batch_end      TrainingCurve    mean loss of the block
                                    ShowProgress     line in a file
            on_train_epoch_end      EarlyStopping    check the loss, decide if the step ends
                                    TrainingCurve    end of step: table of the curve
                                    Measure          end of step: observables of every replica
                                    Record           snapshots, tables, checkpoint
                                    LogToWandb       end of step: observables to W&B
                                    ShowProgress     progress bar or line
                                    Requeue          after a preemption signal: leave the machine
                                    EnsembleModule   next round, next step, or the end

    Nothing here knows pruning scores, records or reports; they are in the callbacks.
    """

    def __init__(
        self,
        config: Config,
        group: list[Member],
        replicas: Replicas,
        data: DeviceData,
        kept_counts: list[int],
        largest_size: int,
    ) -> None:
        super().__init__()
        self.automatic_optimization = False
        self.config = config
        self.replicas = replicas
        self.data = data
        self.group = group
        self.train_rates = train_rates(group)
        self.kept_counts = kept_counts
        masks = [mask.flatten(1).sum(dim=1) for mask in replicas.layer_masks().values()]
        self.kept_at_first = torch.stack(masks).sum(dim=0).cpu().numpy()
        self.step = 0
        self.round = 0
        self.num_updates = 0  # since the step began
        self.step_ended = False
        self.ended = False  # the last step has ended
        self.active = [True] * replicas.num_replicas
        self.train_loss = np.full(replicas.num_replicas, np.nan)
        self.epoch_updates = updates_per_epoch(largest_size, config.training.batch_size)
        self.source = RoundSource(DataOrder(data, config.training.batch_size), UPDATES_PER_CALL)
        # The weights that later steps score or train from, {stage: Replicas.trained_tensors()}.
        self.stages: dict[Stage, dict[str, Tensor]] = {}
        self._loss_sum = torch.zeros(replicas.num_replicas)
        self._sparse: SparseForm | None = None
        self._optimizer = build_optimizer(config.optimizer, replicas)

    # -- for the callbacks -----------------------------------------------------------------------

    @property
    def num_steps(self) -> int:
        """Number of pruning steps; step 0, the dense training, is not counted."""
        return len(self.kept_counts)

    @property
    def budget(self) -> Budget:
        """Budget of the current step."""
        return self.config.training.budget if self.step == 0 else self._later_budget

    @property
    def _later_budget(self) -> Budget:
        rewinds = self.config.pruner.trains_from is Stage.initial
        return self.config.training.budget if rewinds else self.config.pruner.finetune

    @property
    def trains_anew(self) -> bool:
        """True if the current step trains dense networks, or networks with rewound weights."""
        return self.step == 0 or self.config.pruner.trains_from is Stage.initial

    @property
    def max_updates(self) -> int:
        """Maximum of updates in the current step."""
        return max_updates(self.budget, self.epoch_updates)

    @property
    def num_rounds(self) -> int:
        """Maximum of rounds in the current step."""
        return max_rounds(self.budget, self.epoch_updates)

    @property
    def fraction_done(self) -> float:
        """Fraction of the group's update budget already used."""
        dense, later = (
            max_updates(budget, self.epoch_updates)
            for budget in (self.config.training.budget, self._later_budget)
        )
        before = dense + later * (self.step - 1) if self.step else 0
        within = self.max_updates if self.step_ended else self.num_updates
        return (before + within) / max(dense + later * self.num_steps, 1)

    @property
    def num_kept(self) -> NDArray[np.int64]:
        """[R]: equal for all networks, unless these have masks of their own."""
        if not self.step:
            return self.kept_at_first
        return np.full(self.replicas.num_replicas, self.kept_counts[self.step - 1])

    @property
    def density(self) -> float:
        """Mean over the networks."""
        return float(self.num_kept.mean()) / self.replicas.num_prunable

    @property
    def optimizer(self) -> Optimizer:
        return self._optimizer

    @property
    def sparse(self) -> SparseForm | None:
        """The sparse form of the present masks, where it is the faster one."""
        if self._sparse is not None and not self._sparse.is_current:
            self._sparse = None  # it takes as much memory as the weights
        self._sparse = sparse_form(self.replicas, self._sparse)
        return self._sparse

    @property
    def loss_sum(self) -> Tensor:
        """[R]: sum of the training losses over this round's updates."""
        return self._loss_sum

    def stream(self, purpose: str, step: int | None = None) -> Tensor:
        """[R, 2]: every network's stream for a purpose, at the current step or at another one."""
        at = self.step if step is None else step
        return key_words(keys_of(self.group, self.config.seed, purpose, at), self.replicas.device)

    def keep_stage(self, stage: Stage) -> None:
        """Keep a copy of the weights and the state if later steps need this stage of them."""
        if stage in self.config.pruner.stages():
            trained = self.replicas.trained_tensors()
            self.stages[stage] = {key: tensor.clone() for key, tensor in trained.items()}

    def load_stage(self, stage: Stage) -> None:
        """Restore weights and state of a stage, including the weights pruned since then."""
        for key, tensor in self.replicas.trained_tensors().items():
            tensor.copy_(self.stages[stage][key])

    def begin_step(self, step: int, rounds: int = 0) -> None:
        """Set counters and streams for the first round of a step, or for a later one on resume."""
        if not rounds:
            self.step, self.round, self.num_updates = step, 0, 0
            self.active = [True] * self.replicas.num_replicas
        self._dropout_keys = self.stream("dropout_train")
        self.source.order.start(self.stream("order"))
        if step and not rounds and self.budget.rule is Rule.plateau:
            set_num_updates(self._optimizer, (step - 1) * self.epoch_updates)
        self.begin_round()

    def begin_round(self) -> None:
        self.source.first = self.num_updates
        end = round_end(self.budget, self.round, self.epoch_updates)
        self.source.count = end - self.num_updates

    @property
    def _vectorized(self) -> bool:
        return self.device.type != "cpu"

    # -- Lightning's hooks -----------------------------------------------------------------------

    def configure_optimizers(self) -> Optimizer:
        return self._optimizer

    def on_fit_start(self) -> None:
        self.data = self.source.order.data = self.data.to(self.device)
        self._loss_sum = self._loss_sum.to(self.device)
        self.replicas.set_dropout_rates(self.train_rates, torch.zeros_like(self.train_rates))
        self.begin_step(self.step, self.round)

    def on_train_start(self) -> None:
        self.replicas.attach(vectorized=self._vectorized)
        # Lightning leaves the step counts of the optimizer on the CPU.
        load_state(self._optimizer, self.replicas, state_tensors(self._optimizer, self.replicas))

    def on_train_epoch_start(self) -> None:
        self._loss_sum.zero_()

    def training_step(self, block: Tensor, batch_idx: int) -> None:
        first = self.config.pruner.rewind_update - self.num_updates  # later steps need its weights
        inside = self.step == 0 and 0 < first < len(block)
        for part in block.tensor_split([first]) if inside else [block]:
            if self.step == 0 and self.num_updates == self.config.pruner.rewind_update:
                self.keep_stage(Stage.initial)
            self._train(part)

    def on_train_epoch_end(self) -> None:
        if self.step_ended and self.step == 0:
            self.keep_stage(Stage.trained)
        if not self.step_ended:
            self.round += 1
            self.begin_round()
        elif self.step < self.num_steps:
            self.step_ended = False
            self.begin_step(self.step + 1)
        else:
            self.ended = self.trainer.should_stop = True

    def _train(self, block: Tensor) -> None:
        """One optimizer update of every active replica for each row of ``block`` [U, R, B]."""
        begin_state(self._optimizer)
        form = self.sparse
        train = partial(dense.train, self.replicas) if form is None else form.train
        rates = learning_rates(
            descent(self.config.optimizer), self.num_updates, len(block), self.max_updates
        )
        losses = train(
            block, self.data, self._optimizer, rates, self.active, self._dropout_keys,
            self.num_updates,
        )  # fmt: skip
        for loss in losses:
            self._loss_sum += loss
        self.num_updates += len(block)

    def close_round(self) -> NDArray[np.float64]:
        """Set and return ``train_loss`` [R]: the mean training loss over the updates of a replica's
        last round, taken before each update; NaN without updates."""
        count = self.num_updates - self.source.first
        mean = (self._loss_sum / count if count else self._loss_sum * np.nan).double().cpu().numpy()
        running = np.array(self.active)
        self.train_loss = np.where(running, mean, self.train_loss)
        return self.train_loss

    # Indices are on the device already.
    def transfer_batch_to_device(
        self, batch: Any, device: torch.device, dataloader_idx: int
    ) -> Any:
        return batch


def replica_numbers(module: EnsembleModule, rows: Iterable[int]) -> str:
    """Numbers of the replicas of some networks of the group, for a message."""
    return ", ".join(str(module.group[r].replica) for r in rows)


def diverged(module: EnsembleModule, rows: NDArray[np.intp], quantity: str) -> RunError:
    """The error for networks whose loss is not finite."""
    numbers = replica_numbers(module, rows)
    return RunError(
        f"the {quantity} of replica {numbers} became NaN or infinite at step {module.step} "
        f"(density {module.density:.4g}): lower optimizer.lr={descent(module.config.optimizer).lr}"
    )
