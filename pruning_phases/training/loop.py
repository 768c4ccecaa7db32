"""The training loop of an ensemble, as a Lightning module."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from lightning import LightningModule
from numpy.typing import NDArray
from torch import Tensor
from torch.optim import Optimizer

from pruning_phases.config.choices import Rule, Stage
from pruning_phases.config.groups import Budget
from pruning_phases.config.run import Config
from pruning_phases.ensemble.data import DeviceData
from pruning_phases.ensemble.members import Member, keys_of, train_rates
from pruning_phases.ensemble.optimizers import (
    build_optimizer,
    load_state,
    set_num_updates,
    state_tensors,
)
from pruning_phases.ensemble.order import DataOrder
from pruning_phases.ensemble.replicas import Replicas
from pruning_phases.errors import RunError
from pruning_phases.observables.outputs import OutputSums, fitted, output_sums
from pruning_phases.streams import derive, key_words
from pruning_phases.training.budget import updates_per_epoch
from pruning_phases.training.rounds import RoundSource

UPDATES_PER_CALL = 32  # updates in one training_step: Lightning's overhead is paid once for all

# Of the test set at a time. It decides which dropout mask meets which example, so it is fixed.
EXAMPLES_PER_CALL = 1000

VECTORIZED_FROM = 24  # networks; measured, see benchmarks


class EnsembleModule(LightningModule):
    """Trains the networks of ``group``, cuts, trains again, until the schedule ends.

    The group may be a part of the run's ensemble; ``largest_size`` is the ensemble's largest
    training set. Where a dimension is called R, it counts the networks of the group.

    A *step* is a cut and the training that follows; step 0 is the dense training. A step's training
    goes in *rounds* of one epoch (of the largest training set in the run) or what is left of the
    step's budget, and one round is one epoch of Lightning's:

        for every round of every step
            on_train_epoch_start    Prune      at a step's first round: cut, erase momentum
            training_step  (here)              many updates: gradients, mask, optimizer
            on_train_epoch_end      Stop       check the loss; has the step ended?
                                    Curve      after a training from the beginning: its loss
                                    Measure    at a step's end: observables of every replica
                                    Record     at a step's end: tables, snapshots, checkpoint
                                    Report     progress, W&B
                           (here)              next round, next step, or the end

    Nothing here knows about pruning scores, records or reports; they hang on those places.
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
        self.kept_at_first = int(sum(mask[0].sum() for mask in replicas.layer_masks().values()))
        self.step = 0
        self.round = 0
        self.num_updates = 0  # since the step began
        self.step_ended = False
        self.ended = False  # the last step has ended
        self.active = [True] * replicas.num_replicas
        self.train_loss = np.full(replicas.num_replicas, np.nan)
        self.epoch_updates = updates_per_epoch(largest_size, config.training.batch_size)
        self.source = RoundSource(DataOrder(data, config.training.batch_size), UPDATES_PER_CALL)
        # The weights that later steps score or train from, {stage: {parameter name: tensor}}.
        self.stages: dict[Stage, dict[str, Tensor]] = {}
        self._loss_sum = torch.zeros(replicas.num_replicas)
        self._optimizer = build_optimizer(config.optimizer, replicas)

    # -- what the callbacks use ------------------------------------------------------------------

    @property
    def num_steps(self) -> int:
        """Pruning steps; step 0, the dense network, comes on top."""
        return len(self.kept_counts)

    @property
    def budget(self) -> Budget:
        """What the current step may spend."""
        return self.config.training.budget if self.step == 0 else self._later_budget

    @property
    def _later_budget(self) -> Budget:
        rewinds = self.config.pruner.trains_from is Stage.initial
        return self.config.training.budget if rewinds else self.config.pruner.finetune

    @property
    def trains_anew(self) -> bool:
        """Whether the current step trains networks from the beginning: the dense ones, or those
        whose weights are rewound after each cut."""
        return self.step == 0 or self.config.pruner.trains_from is Stage.initial

    @property
    def max_updates(self) -> int:
        """Updates that the current step may take at most."""
        return self._updates(self.budget)

    def _updates(self, budget: Budget) -> int:
        """Updates that a budget allows at most."""
        return budget.amount * (1 if budget.rule is Rule.updates else self.epoch_updates)

    @property
    def num_rounds(self) -> int:
        """Rounds that the current step may take at most, each of one epoch or what is left."""
        return max(1, -(-self.max_updates // self.epoch_updates))

    @property
    def share_done(self) -> float:
        """Of the updates that the group may take at most."""
        dense, later = map(self._updates, (self.config.training.budget, self._later_budget))
        before = dense + later * (self.step - 1) if self.step else 0
        within = self.max_updates if self.step_ended else self.num_updates
        return (before + within) / max(dense + later * self.num_steps, 1)

    @property
    def num_kept(self) -> int:
        return self.kept_counts[self.step - 1] if self.step else self.kept_at_first

    @property
    def density(self) -> float:
        return self.num_kept / self.replicas.num_prunable

    @property
    def optimizer(self) -> Optimizer:
        return self._optimizer

    @property
    def loss_sum(self) -> Tensor:
        """[R]: the training losses of this round's updates, added up."""
        return self._loss_sum

    def stream(self, purpose: str, step: int | None = None) -> Tensor:
        """[R, 2]: every network's stream for a purpose, at the current step or at another."""
        at = self.step if step is None else step
        return key_words(keys_of(self.group, self.config.seed, purpose, at), self.replicas.device)

    @contextmanager
    def evaluating(self, rates: Tensor | None = None) -> Iterator[None]:
        """The networks out of training, with dropout at ``rates`` [R] or without any."""
        none = torch.zeros_like(self.train_rates)
        self.replicas.eval()
        self.replicas.set_dropout_rates(self.train_rates, none if rates is None else rates)
        yield
        self.replicas.train()

    @torch.no_grad()
    def evaluate(
        self, x: Tensor, y: Tensor, rates: Tensor | None = None, draw: int = 0
    ) -> OutputSums:
        """The sums of all replicas' outputs over (x, y), with dropout at ``rates`` [R] if given."""
        keys = derive(self.stream("dropout_eval"), draw)
        total: OutputSums | None = None
        with self.evaluating(rates):
            for number, begin in enumerate(range(0, len(y), EXAMPLES_PER_CALL)):
                if rates is not None:
                    self.replicas.set_dropout_draw(keys, number)
                end = begin + EXAMPLES_PER_CALL
                sums = output_sums(self.replicas(x[begin:end]), y[begin:end])
                total = sums if total is None else total + sums
        assert total is not None
        return total

    @torch.no_grad()
    def measure_on_train_set(self) -> dict[str, NDArray[np.float64]]:
        """Each network on its own training examples, without dropout: [R]."""
        data, sizes = self.data, self.data.sizes.double()
        sums = torch.zeros(2, len(sizes), dtype=torch.float64, device=sizes.device)
        with self.evaluating():
            for begin in range(0, data.subset.shape[1], EXAMPLES_PER_CALL):
                indices = data.subset[:, begin : begin + EXAMPLES_PER_CALL]
                logits = self.replicas.forward_own(data.train_images(indices))
                correct, noise = fitted(logits, data.train_y[indices], data.clean_y[indices])
                number = begin + torch.arange(indices.shape[1], device=sizes.device)
                own = number < data.sizes[:, None]  # the rest belongs to larger training sets
                sums += torch.stack([(part * own).sum(dim=1) for part in (correct, noise)])
        accuracy, correlation = (sums / sizes).cpu().numpy()
        if torch.equal(data.train_y, data.clean_y):  # without noise there is nothing to hold
            correlation = np.full_like(correlation, np.nan)
        return {"train_accuracy": accuracy, "noise_correlation": correlation}

    def keep_stage(self, stage: Stage) -> None:
        """Keep the weights as they are, if later steps ask for this stage of them."""
        if stage in self.config.pruner.stages():
            names = self.replicas.names
            self.stages[stage] = {
                name: self.replicas.stacked(name).detach().clone() for name in names
            }

    @torch.no_grad()
    def load_stage(self, stage: Stage) -> None:
        """Put the weights of a stage in place, those that were cut since included."""
        for name, weights in self.stages[stage].items():
            self.replicas.stacked(name).copy_(weights)

    def begin_step(self, step: int, rounds: int = 0) -> None:
        """Set the counters and streams to the first round of a step, or to where it was cut off
        after some of them."""
        if not rounds:
            self.step, self.round, self.num_updates = step, 0, 0
            self.active = [True] * self.replicas.num_replicas
        self._drops_out = bool((self.train_rates > 0).any())
        self._dropout_keys = self.stream("dropout_train")
        self.source.order.start(self.stream("order"))
        if step and not rounds and self.budget.rule is Rule.plateau:
            set_num_updates(self._optimizer, (step - 1) * self.epoch_updates)
        self.begin_round()

    def begin_round(self) -> None:
        self.source.first = self.num_updates
        self.source.count = min(self.epoch_updates, self.max_updates - self.num_updates)

    @property
    def _many_small(self) -> bool:
        """Whether the vectorized form is the faster one on the CPU: many networks of linear layers,
        of which none stops before the others."""
        waits = self.config.training.budget.rule is Rule.plateau
        linear = all(self.replicas.stacked(name).dim() <= 3 for name in self.replicas.names)
        return self.replicas.num_replicas >= VECTORIZED_FROM and linear and not waits

    # -- Lightning's hooks -----------------------------------------------------------------------

    def configure_optimizers(self) -> Optimizer:
        return self._optimizer

    def on_fit_start(self) -> None:
        self.data = self.source.order.data = self.data.to(self.device)
        self._loss_sum = self._loss_sum.to(self.device)
        self.replicas.set_dropout_rates(self.train_rates, torch.zeros_like(self.train_rates))
        self.begin_step(self.step, self.round)

    def on_train_start(self) -> None:
        self.replicas.attach(vectorized=self.device.type != "cpu" or self._many_small)
        # Lightning leaves the step counts of the optimizer on the CPU.
        load_state(self._optimizer, self.replicas, state_tensors(self._optimizer, self.replicas))

    def on_train_epoch_start(self) -> None:
        self._loss_sum.zero_()

    def training_step(self, chunk: Tensor, batch_idx: int) -> None:
        for indices in chunk:
            if self.step == 0 and self.num_updates == self.config.pruner.rewind_update:
                self.keep_stage(Stage.initial)
            self._update(indices)

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

    def _update(self, indices: Tensor) -> None:
        """One optimizer update of every replica. indices: [R, B] into the training images."""
        if self._drops_out:
            self.replicas.set_dropout_draw(self._dropout_keys, self.num_updates)
        x, y = self.data.train_images(indices), self.data.train_y[indices]
        self._loss_sum += self.replicas.backward(x, y, self.active)
        self.replicas.mask_gradients()
        self._optimizer.step()
        self.num_updates += 1

    def close_round(self) -> NDArray[np.float64]:
        """``train_loss`` [R]: the mean training loss over the updates of a replica's last round,
        before each update; NaN without updates."""
        count = self.num_updates - self.source.first
        mean = (self._loss_sum / count if count else self._loss_sum * np.nan).double().cpu().numpy()
        running = np.array(self.active)
        self.train_loss = np.where(running, mean, self.train_loss)
        return self.train_loss

    # Lightning moves what training_step gets to the device; indices are there already.
    def transfer_batch_to_device(
        self, batch: Any, device: torch.device, dataloader_idx: int
    ) -> Any:
        return batch


def diverged(module: EnsembleModule, rows: NDArray[np.intp], what: str) -> RunError:
    numbers = ", ".join(str(module.group[r].replica) for r in rows)
    return RunError(
        f"the {what} of replica {numbers} became NaN or infinite at step {module.step} "
        f"(density {module.density:.4g}): lower optimizer.lr={module.config.optimizer.lr}"
    )
