"""Parts of networks: blocks with a shortcut, and the single output of two classes."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from pruning_phases.models.dropout import PhaseDropout


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with batch norm, y = relu(f(x) + shortcut(x)) (arXiv 1512.03385).

    The shortcut has no parameters (option A): with stride 2 it takes every second pixel, and
    channels of zeros are appended where the block has more channels than its input.
    """

    def __init__(self, fan_in: int, fan_out: int, stride: int) -> None:
        super().__init__()
        self.stride = stride
        self.new_channels = fan_out - fan_in
        self.conv1 = nn.Conv2d(fan_in, fan_out, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(fan_out)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(fan_out, fan_out, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(fan_out)
        self.relu2 = nn.ReLU()

    def forward(self, x: Tensor) -> Tensor:
        y = self.relu1(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        return self.relu2(y + self.shortcut(x))

    def shortcut(self, x: Tensor) -> Tensor:
        if self.stride > 1:
            x = x[:, :, :: self.stride, :: self.stride]
        if self.new_channels:
            x = F.pad(x, (0, 0, 0, 0, 0, self.new_channels))
        return x


class MixerMlp(nn.Module):
    """Two linear layers along the last dimension, with GELU and dropout between them."""

    def __init__(self, size: int, width: int, dropout_number: int) -> None:
        super().__init__()
        self.fc1 = nn.Linear(size, width)
        self.gelu = nn.GELU()
        self.dropout = PhaseDropout(dropout_number)
        self.fc2 = nn.Linear(width, size)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc2(self.dropout(self.gelu(self.fc1(x))))


class MixerBlock(nn.Module):
    """Mixing of the patches, then of the channels; x: [B, patches, channels] (arXiv 2105.01601).

    u = x + tokens(norm1(x)^T)^T, y = u + channels(norm2(u)), with an MLP ``tokens`` along the
    patches and an MLP ``channels`` along the channels.
    """

    def __init__(self, sizes: tuple[int, int], widths: tuple[int, int], number: int) -> None:
        """sizes: patches and channels; widths: hidden units of both MLPs; number: 1, 2, ..."""
        super().__init__()
        self.norm1 = nn.LayerNorm(sizes[1])
        self.tokens = MixerMlp(sizes[0], widths[0], 2 * number - 1)
        self.norm2 = nn.LayerNorm(sizes[1])
        self.channels = MixerMlp(sizes[1], widths[1], 2 * number)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.tokens(self.norm1(x).transpose(1, 2)).transpose(1, 2)
        return x + self.channels(self.norm2(x))


class PatchSequence(nn.Module):
    """Reorder an image of patches, [B, channels, height, width] to [B, patches, channels]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.flatten(2).transpose(1, 2)


class PatchMean(nn.Module):
    """Mean over the patches, [B, patches, channels] to [B, channels]."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=1)


class AgainstZero(nn.Module):
    """Logits (0, f) of two classes from a network's single output f, [B, 1] to [B, 2].

    Their softmax is (1 - s(f), s(f)), s the logistic function, so the cross-entropy of a label y is
    the binary cross-entropy -y ln s(f) - (1 - y) ln(1 - s(f)).
    """

    def forward(self, x: Tensor) -> Tensor:
        return F.pad(x, (1, 0))


@torch.no_grad()
def he_initialize(module: nn.Module) -> nn.Module:
    """Sample the kernels of all convolutions from N(0, 2 / fan-in) (arXiv 1502.01852, Eq. 10)."""
    for layer in module.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return module
