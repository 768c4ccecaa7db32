"""Statements of the three papers with which a report compares its numbers, and their conditions.

Each has its source. Where a paper gives no number the statement says so in words. ``measure`` names
the function of ``comparison`` that finds our number, and that of ``differences`` that finds our
condition.
"""

from dataclasses import dataclass

from pruning_phases.config.recipes import KUMAR, PAN, PESCE


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


@dataclass(frozen=True)
class Condition:
    """One condition of a paper's experiments, such as the length of its fine-tuning.

    ``same``: our conditions, in the words of ``differences``, that are the paper's.
    ``experiments``: those that it is about; empty: all of the paper.
    """

    paper: str
    source: str
    quantity: str
    theirs: str
    measure: str
    same: tuple[str, ...] = ()
    experiments: tuple[str, ...] = ()


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

UNSTATED = "not stated"
TEXT, ABSTRACT = "main text", "abstract"
QUOTED = "experiments, as other pages quote them"

# Notes below the tables of conditions: which text of the paper was read.
READ = {
    PESCE: "Of the paper the main text was read, not the supplement.",
    PAN: "Of the paper the abstract was read. Not stated: not in the abstract.",
    KUMAR: "Of the paper the abstract was read, and its experiments as other pages quote them. Not "
    "stated: not in these.",
}

CONDITIONS = (
    Condition(
        PESCE, TEXT, "networks", "fully connected with four layers, convolutional with five; "
        "widths not stated", "network",
    ),
    Condition(PESCE, TEXT, "data", "mnist, kmnist", "data", ("mnist", "kmnist")),
    Condition(PESCE, TEXT, "training examples", UNSTATED, "examples"),
    Condition(
        PESCE, TEXT, "training before pruning", "Adam, cross-entropy, early stopping; learning "
        "rate, batches and patience not stated", "training",
    ),
    Condition(
        PESCE, TEXT, "pruning steps", "5,000 equally spaced", "schedule",
        ("5,000 equal steps to density 0",),
    ),
    Condition(
        PESCE, TEXT, "fine-tuning after each step", "essential; its length not stated",
        "finetuning",
    ),
    Condition(PESCE, TEXT, "number of replicas", UNSTATED, "replicas"),
    Condition(
        PESCE, "text on Fig. 2", "jump between the weights of Fig. 2", "100 of 5,000 pruning "
        "steps, 2% of the edges; where it begins not stated", "snapshots", experiments=("fig2",),
    ),
    Condition(
        PESCE, "text on Fig. 4", "randomization of the graphs of Fig. 4", "pairs of edges exchange "
        "ends; number of exchanges not stated", "rewiring",
    ),
    Condition(
        PESCE, "text on Fig. 4", "training of the graphs of Fig. 4", "density and length not "
        "stated", "graph_training",
    ),
    Condition(
        PAN, ABSTRACT, "networks", "fully connected, several widths and depths; which not stated",
        "network",
    ),
    Condition(PAN, ABSTRACT, "data", "mnist", "data", ("mnist",)),
    Condition(PAN, ABSTRACT, "training-set sizes", "several; which not stated", "examples"),
    Condition(
        PAN, ABSTRACT, "dropout rates", "independent in training and at evaluation; values not "
        "stated", "dropout",
    ),
    Condition(
        PAN, ABSTRACT, "removed at evaluation", "neurons (dropout)", "removed",
        ("neurons (dropout)",),
    ),
    Condition(PAN, ABSTRACT, "training", UNSTATED, "training"),
    Condition(PAN, ABSTRACT, "number of replicas", UNSTATED, "replicas"),
    Condition(PAN, ABSTRACT, "dropout masks per evaluation", UNSTATED, "draws"),
    Condition(
        KUMAR, QUOTED, "networks", "two hidden layers of width 200; a convolutional network on "
        "CIFAR-10", "network",
    ),
    Condition(KUMAR, QUOTED, "data", "Gaussian, Fashion-MNIST, CIFAR-10", "data"),
    Condition(KUMAR, QUOTED, "training examples", UNSTATED, "examples"),
    Condition(KUMAR, QUOTED, "label noise", "noisy labels; fraction not stated", "label_noise"),
    Condition(
        KUMAR, QUOTED, "training", "Adam with learning rate 0.001, batches of 64, until the loss "
        "is 0.01 or the accuracy unchanged for 3 epochs", "training",
    ),
    Condition(
        KUMAR, QUOTED, "pruners", "IMP, magnitude after training, SNIP, GraSP, SynFlow", "pruner",
        ("imp", "magnitude_one_shot", "snip", "grasp", "synflow"),
    ),
    Condition(KUMAR, QUOTED, "sparsities", UNSTATED, "schedule"),
    Condition(KUMAR, QUOTED, "number of replicas", UNSTATED, "replicas"),
)  # fmt: skip
