from pruning_phases.observables.registry import TRANSITION, FromOutputs, Observable


def margin(batch):
    """Probability of the true class minus that of the best other class, for each example."""
    true = batch.one_hot.bool()
    return batch.p[:, true] - batch.p.masked_fill(true, 0).amax(dim=2)


brier = Observable(
    "brier", "Brier score", TRANSITION, colour="deeppink", is_order_parameter=True,
    from_outputs=FromOutputs(
        lambda batch: (batch.p - batch.one_hot).square().sum(dim=(1, 2)),
        lambda total, labels: total / labels.sum(),
    ),
)  # fmt: skip
