"""Networks and data sets of a user's own: options, identity, names."""

import pytest

from pruning_phases.config.identity import physics, run_id
from pruning_phases.config.keys import import_paths
from pruning_phases.data.registry import load
from pruning_phases.errors import UserError
from pruning_phases.models.registry import build_model
from pruning_phases.records.names import names_of
from tests.conftest import SMALL

RESIDUAL = [*SMALL, "model=custom", "model.build=mylab.net:Residual"]
DIGITS = [*SMALL, "dataset=custom", "dataset.load=mylab.data:load"]
DEFAULT = "446515b3d660"  # as in test_identity


@pytest.mark.parametrize("plus", ["", "+", "++"])
def test_an_option_is_given_with_or_without_plus(plus, configure):
    config = configure(*RESIDUAL, f"{plus}model.options.width=50", tiny=False)
    assert build_model(config.model, (1, 8, 8), 10).b.weight.shape == (50, 50)
    config = configure(*DIGITS, f"{plus}dataset.options.classes=[3,4]", tiny=False)
    assert load(config).num_classes == 2


def test_an_option_that_the_function_does_not_have_is_one_line(configure):
    with pytest.raises(UserError, match=r"^model\.build=mylab\.net:Residual: .*'widht'$"):
        configure(*RESIDUAL, "model.options.widht=50", tiny=False)
    with pytest.raises(UserError, match=r"^dataset\.load=mylab\.data:load: .*'clases'$"):
        configure(*DIGITS, "dataset.options.clases=[1]", tiny=False)


def test_path_and_options_stand_in_the_identity(configure):
    config = configure(*RESIDUAL, "model.options.width=50", tiny=False)
    assert physics(config)["model"] == {
        "name": "custom", "build": "mylab.net:Residual", "options": {"width": 50}
    }  # fmt: skip
    others = [RESIDUAL, [*RESIDUAL, "model.options.width=51"], SMALL, DIGITS]
    ids = {run_id(configure(*words, tiny=False)) for words in others}
    assert len(ids | {run_id(config)}) == 5


def test_observables_stand_in_the_identity_in_one_order(configure):
    one, two = "mylab.observable:margin", "mylab.observable:brier"
    first, second = (
        configure(f"observables=[{words}]") for words in (f"{one},{two}", f"{two},{one},{two}")
    )
    assert run_id(first) == run_id(second) != run_id(configure())
    assert import_paths(first) == {two: "observables", one: "observables"}
    assert run_id(configure("observables=[]", tiny=False)) == DEFAULT


def test_a_score_by_import_path_brings_the_keys_that_it_reads(configure):
    taylor = configure("pruner.score=mylab.score:taylor")
    assert physics(taylor)["pruner"]["score_examples"] == 256
    assert "score_rounds" not in physics(taylor)["pruner"]


def test_a_run_is_named_by_its_import_paths(configure):
    words = [*RESIDUAL, *DIGITS[len(SMALL) :], "pruner.score=mylab.score:taylor"]
    content = physics(configure(*words, tiny=False))
    assert names_of({"physics": content}) == (
        "mylab.net:Residual", "mylab.data:load", "mylab.score:taylor"
    )  # fmt: skip
