"""Data of a run in its record: a run continues, and counts as done, with these alone.

In: a record and the configuration. Out: facts for run.json, or a UserError.
"""

from pathlib import Path
from typing import Any

from pruning_phases.config.run import Config
from pruning_phases.data.published import stamps
from pruning_phases.data.registry import data_sets, load
from pruning_phases.errors import UserError
from pruning_phases.records.run import DONE, RunRecord


def file_facts(config: Config) -> dict[str, list[int]]:
    """Return path -> time of change and size of the files that decide the data set.

    While these are as a record says, so are the data; nothing need be read. Empty if the
    configuration alone decides the data. Raises UserError if a file is missing.
    """
    try:
        return {
            str(file.absolute()): [changed, size] for file, changed, size in stamps(_files(config))
        }
    except FileNotFoundError as error:
        raise UserError(f"{error.filename} is missing") from error


def refuse_other_data_of_done(record: RunRecord, config: Config) -> str:
    """Raise UserError if a finished run was made with other data than a new one would be.

    Returns a note if the data cannot be compared, since they are not here; otherwise an empty text.
    """
    made_with = record.info().get("data")
    if made_with is None or not hasattr(data_sets()[config.dataset.name], "files"):
        return ""
    try:
        files = file_facts(config)
    except UserError as error:
        return f" (not compared with its data: {error})"
    if not files or files != made_with.get("files"):
        dataset = load(config)
        refuse_other_data(record, dataset.digest, len(dataset.train_labels))
    return ""


def refuse_other_data(record: RunRecord, digest: str, num_train: int) -> None:
    """Raise UserError if a run began with other examples: a digest and a number of them."""
    info = record.info()
    is_done = info.get("state") == DONE
    begun_with: dict[str, Any] = info.get("data", {"digest": digest})
    begins_anew = not is_done and not record.checkpoint_file.exists()
    if begins_anew or begun_with["digest"] == digest:
        return
    raise UserError(
        f"dataset: run {record.id} {'was made' if is_done else 'began'} with "
        f"{begun_with['num_train']} training examples (digest {begun_with['digest']}), and here "
        f"are {num_train} ({digest}): restore the data or give their data_dir, give another study, "
        f"or delete {record.folder}"
    )


def _files(config: Config) -> list[Path]:
    module = data_sets()[config.dataset.name]
    return module.files(config.dataset, config.data_dir) if hasattr(module, "files") else []
