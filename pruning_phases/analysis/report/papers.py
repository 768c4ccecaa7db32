"""Statements of the three papers with which a report compares its numbers.

Each has its source. Where a paper gives no number the statement says so in words. ``measure`` names
the function of ``comparison`` that finds our number.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Statement:
    """One statement of a paper: what it is about, and what the paper says.

    ``value``: its number, if it gives one. ``models``, ``data``: the networks that it is about;
    empty: any.
    """

    paper: str
    source: str
    quantity: str
    theirs: str
    measure: str
    value: float | None = None
    models: tuple[str, ...] = ()
    data: tuple[str, ...] = ()


PESCE = "Pesce, He, Caldarelli 2026, arXiv 2602.15224"
PAN = "Pan, Aggarwal, Pixley 2026, arXiv 2603.12316"
KUMAR = "Kumar, Luo, Sellke 2024, arXiv 2402.01089"

NETWORKS, DATA = ("fc", "cnn"), ("mnist", "kmnist")  # of the first paper

BASELINES = (
    ("fc", "mnist", 0.9703), ("cnn", "mnist", 0.9905),
    ("fc", "kmnist", 0.8606), ("cnn", "kmnist", 0.9252),
)  # fmt: skip

STATEMENTS = (
    *(
        Statement(
            PESCE, "section on the accuracy", f"accuracy of the dense {model} on {data}",
            f"{value:.4f}", "dense_accuracy", value, (model,), (data,),
        )
        for model, data, value in BASELINES
    ),
    Statement(
        PESCE, "Fig. 1(a) and its text", "density at which fc on mnist loses its accuracy",
        "below 1% of the edges", "half_density_below", 0.01, ("fc",), ("mnist",),
    ),
    Statement(
        PESCE, "Fig. 1(b) and its text", "density at which fc on kmnist loses its accuracy",
        "near 1.2% of the edges", "half_density", 0.012, ("fc",), ("kmnist",),
    ),
    Statement(
        PESCE, "text on Fig. 1", "mnist and kmnist: which loses its accuracy at a higher density",
        "kmnist", "kmnist_first",
    ),
    Statement(
        PESCE, "introduction", "loss of accuracy at a density of 2%",
        "minimal, after removal of 98% of the edges", "lost_at", 0.02, NETWORKS, DATA,
    ),
    Statement(
        PESCE, "introduction", "accuracy above chance at a density of 0.1%",
        "functional subnetworks of 0.1% of the parameters", "above_chance_at", 0.001, NETWORKS,
        DATA,
    ),
    Statement(
        PESCE, "Eqs. (3), (4); supplement", "exponents of accuracy and prediction entropy",
        "in the supplement; consistent across order parameters", "exponents",
    ),
    Statement(
        PESCE, "abstract", "kind of the transition", "second order (continuous)", "kind",
    ),
    Statement(
        PESCE, "Fig. 4", "order of the training losses of pruned graphs",
        "original < same degrees < random", "family_order",
    ),
    Statement(
        PAN, "abstract", "phases over dropout in training and at evaluation",
        "eumentia, dementia, amentia", "phases",
    ),
    Statement(
        PAN, "abstract", "exponent of the loss over the training set in eumentia",
        "positive: the loss falls as a power", "alpha",
    ),
    Statement(
        PAN, "abstract", "transition from eumentia to dementia", "like BKT", "dropout_scaling",
    ),
    Statement(
        KUMAR, "abstract", "pruning at initialization against pruning during or after training",
        "at initialization largely unsuccessful", "pruned_at_initialization",
    ),
    Statement(
        KUMAR, "abstract", "information on the data in the mask",
        "more after pruning during or after training than at initialization", "information",
    ),
    Statement(
        KUMAR, "abstract", "effective number of parameters",
        "surviving weights + information in the mask", "effective_parameters",
    ),
)  # fmt: skip
