"""The recipes agree with the experiments of conf, and their commands compose."""

import itertools

import pytest
from omegaconf import OmegaConf

from pruning_phases.analysis.registry import analyses
from pruning_phases.config.analysis import typed
from pruning_phases.config.conf_folder import options
from pruning_phases.config.identity import run_id
from pruning_phases.config.recipes import KUMAR, RECIPES, paper_of
from pruning_phases.config.reference import option_text

STEPS = [
    pytest.param(step, id=f"{name}: {step.words}")
    for name, recipe in RECIPES.items()
    for step in recipe.steps
]
TRAININGS = [one for one in STEPS if one.values[0].words.startswith("train")]
ANALYSES = [one for one in STEPS if one not in TRAININGS]


def combinations(words):
    """Every combination of the values of a sweep."""
    several = [
        [f"{key}={one}" for one in value.split(",")]
        for key, _, value in (word.partition("=") for word in words if word != "-m")
    ]
    return itertools.product(*several)


@pytest.mark.parametrize("name", options("experiment"))
def test_an_experiment_whose_header_names_a_paper_is_in_its_recipe(name):
    header = option_text("experiment", name)
    for recipe in RECIPES.values():
        if recipe.arxiv in header:
            assert paper_of(name) == recipe.paper


@pytest.mark.parametrize("step", TRAININGS)
@pytest.mark.parametrize("scale", options("scale"))
def test_every_training_composes_and_its_study_has_the_name_of_its_experiment(
    step, scale, configure
):
    _, *words = step.words.split()
    for one in combinations(words):
        config = configure(f"experiment={step.experiment}", *one, f"scale={scale}", tiny=False)
        assert config.study == step.experiment


@pytest.mark.parametrize("step", ANALYSES)
def test_every_analysis_has_valid_keys_and_reads_studies_that_were_made_before(step):
    (recipe,) = (recipe for recipe in RECIPES.values() if step in recipe.steps)
    before = recipe.steps[: recipe.steps.index(step)]
    made = {one.experiment: f"/r/{one.experiment}" for one in before if one.words[:5] == "train"}
    name, *words = step.words.format_map(made).split()
    kind = analyses()[name].CONFIG
    typed(OmegaConf.merge(OmegaConf.structured(kind), OmegaConf.from_dotlist(words)), kind)


@pytest.mark.parametrize("name", ["fig3", "table_exponents"])
@pytest.mark.parametrize("model", ["fc", "cnn"])
def test_the_networks_of_fig1_are_those_of(name, model, configure):
    """The recipe reads the runs of fig1 in place of theirs."""
    ids = {
        run_id(configure(f"experiment={one}", f"model={model}", "dataset=mnist", tiny=False))
        for one in ("fig1", name)
    }
    assert len(ids) == 1


def test_the_paper_of_an_experiment():
    assert paper_of("sanity_checks") == KUMAR
    assert paper_of("universality") is None


def test_the_papers_have_different_numbers():
    numbers = [recipe.arxiv for recipe in RECIPES.values()]
    assert len(set(numbers)) == len(numbers) and "2602.15224" in numbers
