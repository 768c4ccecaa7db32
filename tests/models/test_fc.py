"""The fully connected network against numpy, and its widths in every form."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from pruning_phases.errors import UserError
from pruning_phases.models.fc import FcConfig, build


@pytest.mark.parametrize("widths", [[], [5], [7, 5, 4]])
def test_outputs_are_those_of_matrices_and_relu(widths):
    torch.manual_seed(0)
    module = build(FcConfig("fc", len(widths) + 1, widths), (2, 3, 2), 3).eval()
    x = torch.randn(6, 2, 3, 2)
    hidden = x.flatten(1).numpy()
    for number in range(1, len(widths) + 2):
        layer = module.get_submodule(f"fc{number}")
        hidden = hidden @ layer.weight.detach().numpy().T + layer.bias.detach().numpy()
        if number <= len(widths):
            hidden = np.maximum(hidden, 0)
    np.testing.assert_allclose(module(x).detach().numpy(), hidden, atol=1e-5)
    assert [tuple(p.shape) for n, p in module.named_parameters() if "weight" in n] == list(
        zip([*widths, 3], [12, *widths], strict=True)
    )


def test_one_width_for_all_layers_is_the_network_with_a_list_of_widths():
    short, long = FcConfig("fc", 4, [1], 9), FcConfig("fc", 4, [9, 9, 9])
    assert short.hidden_widths() == long.hidden_widths()
    assert short.canonical() == long.canonical() == long
    assert FcConfig("fc", 1, [], 9).hidden_widths() == []


def test_the_loss_of_one_output_is_the_binary_cross_entropy():
    torch.manual_seed(0)
    module = build(FcConfig("fc", 2, [6], outputs=1), (5,), 2)
    x, y = torch.randn(9, 5), torch.randint(0, 2, (9,))
    logits = module(x)
    assert logits.shape == (9, 2)
    single = module[:-1](x)[:, 0]
    expected = F.binary_cross_entropy_with_logits(single, y.float())
    torch.testing.assert_close(F.cross_entropy(logits, y), expected)
    assert torch.equal(logits.argmax(dim=1), (single > 0).long())


def test_one_output_for_more_than_two_classes_is_refused():
    with pytest.raises(UserError, match=r"model\.outputs=1: one output separates two classes"):
        build(FcConfig("fc", 2, [6], outputs=1), (5,), 3)


def test_dropout_lies_on_the_hidden_activations_alone():
    names = [name for name, _ in build(FcConfig("fc", 3, [5, 4]), (4,), 2).named_children()]
    assert names == ["flatten", "fc1", "relu1", "dropout1", "fc2", "relu2", "dropout2", "fc3"]


def test_a_list_of_another_length_than_the_depth_is_refused_with_both_cures():
    with pytest.raises(UserError, match=r"model\.widths=\[5\]: .*give 3 widths, or model\.depth=2"):
        FcConfig("fc", 4, [5]).check()
    FcConfig("fc", 4, [5, 5, 5]).check()
    FcConfig("fc", 4, [], 5).check()
