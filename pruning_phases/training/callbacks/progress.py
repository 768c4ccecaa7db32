"""Show the progress of a run: a bar on a terminal, a line every few seconds in a log.

In: the module, the last table of observables. Out: text on the console. Changes nothing else.
"""

import time

from lightning import Callback, Trainer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from pruning_phases.statistics.estimates import mean_and_error
from pruning_phases.statistics.quote import with_error
from pruning_phases.training.callbacks.measure import Measure
from pruning_phases.training.loop import EnsembleModule

SECONDS_BETWEEN_LINES = 10.0


class ShowProgress(Callback):
    """Shows two tasks: the dense training, counted in rounds, and the pruning steps."""

    def __init__(self, measure: Measure, console: Console) -> None:
        self.measure = measure
        self.console = console
        self._line_due = time.monotonic() + SECONDS_BETWEEN_LINES

    def on_fit_start(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        self.bar = Progress(
            TextColumn("{task.description:<15}"),
            BarColumn(bar_width=24),
            TextColumn("{task.completed}/{task.total}"),
            TextColumn("{task.fields[status]}"),
            TimeElapsedColumn(),
            TextColumn("left"),
            TimeRemainingColumn(),
            console=self.console,
            disable=not self.console.is_terminal,
        )
        if module.step == 0:
            self._dense = self.bar.add_task(_training(module), total=module.num_rounds, status="")
        if module.num_steps:
            self._steps = self.bar.add_task(
                "pruning steps", total=module.num_steps, completed=max(0, module.step - 1),
                status="", start=module.step > 0,
            )  # fmt: skip
        self.bar.start()

    def on_train_batch_end(self, trainer: Trainer, module: EnsembleModule, *_: object) -> None:  # type: ignore[override]
        if self._is_line_due():  # a round may take minutes
            self._print_line(module, f"update {module.num_updates}/{module.max_updates}")

    def on_train_epoch_end(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        if module.step == 0:
            loss, error = mean_and_error(module.train_loss)
            status = f"training loss {with_error(loss, error)}"
            total = module.round + 1 if module.step_ended else module.num_rounds
            self.bar.update(self._dense, completed=module.round + 1, total=total, status=status)
            if module.step_ended and module.num_steps:
                self.bar.start_task(self._steps)
        elif module.step_ended:
            accuracy, error = mean_and_error(self.measure.latest["accuracy"])
            status = f"density {module.density:.4f}  accuracy {with_error(accuracy, error)}"
            self.bar.update(self._steps, completed=module.step, status=status)
        else:
            return
        if self._is_line_due():
            self._print_line(module, status)

    def on_fit_end(self, trainer: Trainer, module: EnsembleModule) -> None:  # type: ignore[override]
        self.bar.stop()

    def on_exception(self, trainer: Trainer, module: object, exception: BaseException) -> None:
        if hasattr(self, "bar"):
            self.bar.stop()

    def _is_line_due(self) -> bool:
        """True every few seconds where there is no terminal."""
        return not self.console.is_terminal and time.monotonic() >= self._line_due

    def _print_line(self, module: EnsembleModule, status: str) -> None:
        self._line_due = time.monotonic() + SECONDS_BETWEEN_LINES
        position = f"step {module.step}/{module.num_steps}"
        if module.step == 0:
            position = f"{_training(module)}, round {module.round + 1}/{module.num_rounds}"
        self.console.print(f"{position}  {status}", highlight=False, markup=False)


def _training(module: EnsembleModule) -> str:
    return "training" if module.density < 1 else "dense training"
