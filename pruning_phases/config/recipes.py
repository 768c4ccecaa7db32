"""Recipes of the papers: the commands that make their figures and tables, in order.

In: nothing. Out: one recipe per paper, as data for the command ``reproduce`` and for the report.
The header of an experiment says which figure or table it is. May not know how a command is run.
"""

from dataclasses import dataclass

PESCE = "Pesce, He, Caldarelli 2026, arXiv 2602.15224"
PAN = "Pan, Aggarwal, Pixley 2026, arXiv 2603.12316"
KUMAR = "Kumar, Luo, Sellke 2024, arXiv 2402.01089"


@dataclass(frozen=True)
class Step:
    """One command of a recipe.

    ``experiment``: the option whose figure or table the command makes. ``words``: the command and
    its further words, in which {NAME} is the folder of the study NAME.
    """

    experiment: str
    words: str


@dataclass(frozen=True)
class Recipe:
    """Commands that make the figures and tables of one paper."""

    paper: str
    steps: tuple[Step, ...]

    @property
    def arxiv(self) -> str:
        """Number of the paper at arXiv, as the headers of experiments name it."""
        return self.paper.rpartition(" ")[2]


RECIPES = {
    "pesce": Recipe(PESCE, (
        # The experiments fig3 and table_exponents train the networks of fig1, which are read here.
        Step("fig1", "train -m model=fc,cnn dataset=mnist,kmnist"),
        Step("fig2", "train dataset=mnist"),
        Step("fig3", "evolution runs={fig1}"),
        Step("fig4", "train dataset=mnist"),
        Step("table_exponents", "exponents runs={fig1}"),
        Step("percolation", "train dataset=mnist"),
    )),
    "pan": Recipe(PAN, (
        Step("phase_diagram", "train dataset=mnist"),
        Step("phase_scaling", "train dataset=mnist"),
        Step("phase_scaling", "collapse runs={phase_scaling} control=p_eval"),
        Step("phase_robustness", "train dataset=mnist"),
        Step("phase_pruning", "train dataset=mnist"),
    )),
    "kumar": Recipe(KUMAR, (
        Step("capacity", "train"),
        Step("mask_information", "train"),
        Step("mask_information",
             "capacity runs=[{capacity},{mask_information}] output_dir={mask_information}"),
        Step("pai_comparison", "train dataset=mnist"),
        Step("sanity_checks", "train dataset=mnist"),
    )),
}  # fmt: skip


def paper_of(experiment: str) -> str | None:
    """Return the paper whose recipe has an experiment; None if no recipe has it."""
    for recipe in RECIPES.values():
        if any(step.experiment == experiment for step in recipe.steps):
            return recipe.paper
    return None
