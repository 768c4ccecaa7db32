"""Legal names at W&B: accepted by its own checks, unchanged if legal, different if different."""

import pytest
import wandb
from hypothesis import example, given
from hypothesis import strategies as st
from wandb.sdk.artifacts._validators import validate_project_name

from pruning_phases.errors import UserError
from pruning_phases.tracking.legal_names import (
    GROUP,
    JOB_TYPE,
    MAX_LENGTH,
    MEDIA,
    NAME,
    PROJECT,
    TAG,
    legal,
    legal_arguments,
)
from tests.support.imports import sources

USES = st.sampled_from(list(MAX_LENGTH))
# Short and long, with characters from all of Unicode, halves of characters among them.
TEXTS = st.text(min_size=1) | st.text("ab/#% \n", min_size=1, max_size=5) | st.text(min_size=60)
LONG = "optimizer.lr=0.001 " * 30  # 570 characters


@given(USES, TEXTS)
@example(PROJECT, "a/b\\c#d?e%f:g")
@example(PROJECT, " \n")
@example(TAG, "\ud800")
@example(NAME, LONG)
@example(MEDIA, "\U0001f525" * 300)
def test_a_name_is_legal_and_a_second_pass_changes_nothing(use, text):
    name = legal(use, text)
    assert legal(use, name) == name
    assert 1 <= len(name) <= MAX_LENGTH[use] and name == name.strip()
    assert not set(name) & set("\n\r\x00\x7f\x85\u2028") and name.encode()
    if use == PROJECT:
        assert wandb.Settings(project=name).project == validate_project_name(name)
    if use == TAG:
        assert wandb.Settings(run_tags=[name]).run_tags == (name,)
    if use == MEDIA:
        assert len(name.encode()) <= 255 and "/" not in name


@given(USES, TEXTS, TEXTS)
@example(NAME, f"{LONG}seed=0", f"{LONG}seed=1")
@example(PROJECT, "a/b", "a:b")
@example(PROJECT, "a/b", "a-b")
@example(GROUP, " a", "a")
@example(TAG, "x" * 65, "x" * 66)
def test_different_names_stay_different(use, one, other):
    assert (legal(use, one) == legal(use, other)) == (one == other)


@pytest.mark.parametrize("use", MAX_LENGTH)
@pytest.mark.parametrize("text", ["fig1", "größe 3 ± 1", "seed=0 lr=1e-3,a[b]", "\U0001f525"])
def test_a_legal_name_is_unchanged(use, text):
    assert legal(use, text) == text
    assert legal(use, "x" * MAX_LENGTH[use]) == "x" * MAX_LENGTH[use]


@pytest.mark.parametrize("use", [NAME, GROUP, TAG, JOB_TYPE])
def test_only_names_that_stand_in_an_address_lose_its_characters(use):
    assert legal(use, "/\\#?%:") == "/\\#?%:"
    assert legal(PROJECT, "a/\\#?%:b").startswith("a------b-")


def test_a_changed_name_begins_and_ends_as_the_given_one():
    name = legal(NAME, f"{LONG}seed=0")
    assert name.startswith(f"{LONG[:74]}...")
    assert "optimizer.lr=0.001 seed=0-" in name
    assert legal(PROJECT, "width=50% #3").startswith("width=50- -3-")
    assert legal(PROJECT, "  ").startswith("project-")


def test_an_empty_name_is_refused():
    with pytest.raises(UserError, match="the tag at W&B is empty: give a name of 1 to 64"):
        legal(TAG, "")


def test_every_name_of_a_run_is_made_legal_and_no_tag_comes_twice():
    names = legal_arguments(
        {"project": "a/b", "group": "g" * 129, "name": "n" * 580, "job_type": "j" * 65,
         "tags": ["fc", "x" * 65, "fc", "x" * 66], "config": {"a": 1}}
    )  # fmt: skip
    lengths = {key: len(names[key]) for key in ("project", "group", "name", "job_type")}
    assert lengths == {"project": 16, "group": 128, "name": 128, "job_type": 64}
    assert [len(tag) for tag in names["tags"]] == [2, 64, 64]
    assert len(set(names["tags"])) == 3
    assert names["config"] == {"a": 1}
    assert legal_arguments({"group": None}) == {"group": None, "tags": []}


def test_runs_are_opened_in_one_place_which_makes_their_names_legal():
    places = [module for module, source in sources().items() if "wandb.init(" in source]
    assert places == ["pruning_phases.tracking.wandb"]
