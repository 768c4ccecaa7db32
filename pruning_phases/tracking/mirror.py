"""Mirror of a finished run at W&B, made from its record.

In: a record, the destination. Out: the W&B run that the logger would have made during the run. Runs
made with ``logger=none`` are mirrored as well.
"""

from typing import Any

from pruning_phases.config.groups import LoggerConfig
from pruning_phases.records.run import RunRecord
from pruning_phases.tracking.run_log import opened_log
from pruning_phases.tracking.wandb import drop_unsent, was_sent


def mirror(record: RunRecord, project: str | None, entity: str | None, mode: str) -> bool:
    """Log a finished run at W&B unless it is there. Return False if W&B does not work.

    The server tells how many steps it has; only the others are logged. Offline, the files of an
    earlier copy tell: one that was sent stays alone, one that was not is replaced. An unsent file
    goes when its run is online, since sending it would log every step again.
    project, entity: null for those of the run's own logger. mode: online or offline.
    """
    own: dict[str, Any] = record.info()["machine"]["logger"]
    chosen = {"project": project or own["project"], "entity": entity or own["entity"]}
    logger = LoggerConfig(**{**own, **chosen, "name": "wandb", "mode": mode})
    if mode == "offline" and was_sent(record.folder, record.id):
        return True
    table = record.observables()
    steps = [rows for _, rows in table.groupby("step", sort=True)]
    with record.lock(), opened_log(logger, record, falls_back=False) as log:
        if log is None:
            return False
        log.define_axes()
        for rows in steps[log.run.starting_step :]:
            log.log_step(rows)
    if mode == "online" and not (project or entity):
        drop_unsent(record.folder, record.id)
    return True
