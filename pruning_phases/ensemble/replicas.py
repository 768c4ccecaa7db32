"""R copies of one network as tensors with a leading replica dimension.

In: an architecture and stream keys. Out: logits, losses, gradients, masks. Knows no data set, no
optimizer and no schedule.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import cast

import torch
from torch import Tensor, nn
from torch.func import functional_call, stack_module_state, vmap
from torch.nn import functional as F

from pruning_phases.ensemble.architecture import Architecture
from pruning_phases.ensemble.stacked import channels_last, flat, gradient
from pruning_phases.models.dropout import PhaseDropout

ALL = slice(None)

Network = Callable[[Tensor], Tensor]


class Replicas(nn.Module):
    """R replicas of an ordinary module, each with its own weights, mask, dropout and inputs.

    Every parameter, buffer and mask is one tensor [R, ...], so that one optimizer, one cut and one
    reduction serve all replicas. Updates change the parameters and the *state*: buffers such as the
    running statistics of batch normalization. The forward and backward passes have four forms of
    equal results. The ones of few surviving weights (``ensemble/sparse.py``) and of linear layers
    on the CPU (``ensemble/linear.py``) have files of their own, and two are here:

    * on an accelerator ``torch.func.vmap`` over the stacked tensors: few large kernels;
    * on the CPU, one ordinary module per replica whose parameters, buffers and gradients are
      *views* into the stacked tensors, as many at a time as there are workers. It can skip
      replicas that have finished.
    """

    def __init__(self, architecture: Architecture, init_keys: Sequence[int]) -> None:
        super().__init__()
        modules = [architecture.initialized(key) for key in init_keys]
        self.num_replicas = len(modules)
        parameters, buffers = stack_module_state(modules)
        self.names = list(parameters)
        self.buffer_names = list(buffers)
        self.state_names = list(architecture.state_shapes)
        for name in self.names:
            parameter = channels_last(parameters[name].detach())
            self.register_parameter(flat(name), nn.Parameter(parameter))
        for name in self.buffer_names:
            self.register_buffer(flat(name), buffers[name].detach())
        self.architecture = architecture
        self.layer_of = architecture.layer_of  # parameter name -> layer name
        for name in self.layer_of:
            self.register_buffer(flat(f"{name}.mask"), torch.ones_like(self.stacked(name)))
        self.vectorized = False
        self.density = 1.0  # mean over the replicas
        self.num_mask_changes = 0
        # In tuples, so that they are not registered as submodules.
        self._alone = tuple(modules)
        self._skeleton = (architecture.skeleton,)
        # Per replica and state tensor: module, attribute, view into the stacked tensor.
        self._state_views: list[list[tuple[nn.Module, str, Tensor]]] = []

    # -- the stacked tensors -------------------------------------------------------------------

    def stacked(self, name: str) -> nn.Parameter:
        return self.get_parameter(flat(name))

    def mask(self, name: str) -> Tensor:
        """[R, ...] of the weights' type, 1 for surviving weights, 0 for pruned ones."""
        return self.buffer(f"{name}.mask")

    def buffer(self, name: str) -> Tensor:
        return self.get_buffer(flat(name))

    def trained_tensors(self) -> dict[str, Tensor]:
        """All tensors [R, ...] that updates change, detached, not copied.

        Parameters have their name as key, and the state ``buffer:<name>``.
        """
        return {name: self.stacked(name).detach() for name in self.names} | {
            f"buffer:{name}": self.buffer(name) for name in self.state_names
        }

    def layer_masks(self) -> dict[str, Tensor]:
        """Layer name -> [R, out, in, ...] bool."""
        return {layer: self.mask(name) > 0 for name, layer in self.layer_of.items()}

    def layer_weights(self) -> dict[str, Tensor]:
        """Layer name -> [R, out, in, ...], detached, not copied."""
        return {layer: self.stacked(name).detach() for name, layer in self.layer_of.items()}

    @property
    def num_prunable(self) -> int:
        """Prunable weights of one replica."""
        return self.architecture.num_prunable

    @property
    def device(self) -> torch.device:
        return self.stacked(self.names[0]).device

    # -- masks -----------------------------------------------------------------------------------

    @torch.no_grad()
    def set_masks(self, masks: dict[str, Tensor]) -> None:
        """Set masks by layer name, and the pruned weights to exactly 0."""
        for name, layer in self.layer_of.items():
            self.mask(name).copy_(masks[layer])
            weights = self.stacked(name)
            weights.copy_(torch.where(masks[layer], weights, 0.0))
        kept = sum(int(mask.sum()) for mask in masks.values())
        self.density = kept / (self.num_replicas * self.num_prunable)
        self.num_mask_changes += 1

    @torch.no_grad()
    def mask_gradients(self, part: slice = ALL) -> None:
        """Set the gradients of the pruned weights to 0, so that these stay at 0."""
        if self.density < 1:
            gradients = [gradient(self.stacked(name))[part] for name in self.layer_of]
            masks = [self.mask(name)[part] for name in self.layer_of]
            torch._foreach_mul_(gradients, masks)

    # -- forward and backward ------------------------------------------------------------------

    def attach(self, vectorized: bool) -> None:
        """Choose the form. Call it after every move to another device, which breaks the views.

        A module that ``vmap`` cannot run keeps the loop.
        """
        self.vectorized = vectorized = vectorized and self.architecture.can_be_vectorized
        for name in self.names:
            self.stacked(name).grad = torch.zeros_like(self.stacked(name))
        self._state_views = [[] for _ in self._alone]
        for r, module in enumerate(() if vectorized else self._alone):
            for name, parameter in module.named_parameters():
                parameter.data = self.stacked(name).detach()[r]
                parameter.grad = gradient(self.stacked(name))[r]
            for name in self.buffer_names:
                path, _, leaf = name.rpartition(".")
                owner, view = module.get_submodule(path), self.buffer(name)[r]
                owner.register_buffer(leaf, view)
                if name in self.state_names:
                    self._state_views[r].append((owner, leaf, view))
        self.train(self.training)

    def train(self, mode: bool = True) -> Replicas:
        super().train(mode)
        for module in (*self._alone, *self._skeleton):
            module.train(mode)
        return self

    def parts(self) -> list[slice]:
        """Replicas that compute together: each alone, or all of them in the vectorized form."""
        count = self.num_replicas
        return [slice(0, count)] if self.vectorized else [slice(r, r + 1) for r in range(count)]

    def network(self, r: int) -> nn.Module:
        """Replica r as an ordinary module, whose tensors are views into the stacked ones."""
        return self._alone[r]

    def forward(self, x: Tensor) -> Tensor:
        """Logits [R, B, C] of one batch [B, ...] for all replicas."""
        if self.vectorized:
            return vmap(self._call, in_dims=(0, 0, None))(*self._tensors(), x)
        return torch.stack([network(x) for network in self._alone])

    def split_at_dropout(self, part: slice) -> tuple[Network, Network]:
        """One of the ``parts`` as two functions: to the first dropout, and on to logits [r, B, C].

        The first is the identity if vectorized, and for models that are no sequence of layers.
        """
        if self.vectorized:
            return nn.Identity(), self
        (network,) = cast(tuple[nn.Sequential], self._alone[part])
        count = self.architecture.num_below_dropout
        first, rest = (network[:count], network[count:]) if count else (nn.Identity(), network)
        return first, lambda x: rest(x)[None]

    def forward_own(self, x: Tensor, part: slice = ALL) -> Tensor:
        """Logits [r, B, C] of one batch for each replica of a part, [r, B, ...]."""
        if self.vectorized:
            return vmap(self._call)(*self._tensors(), x)
        networks = zip(self._alone[part], x, strict=True)
        return torch.stack([network(one) for network, one in networks])

    def backward(
        self, x: Tensor, y: Tensor, active: Sequence[bool] | None = None, part: slice = ALL
    ) -> Tensor:
        """Gradients of the mean cross-entropy of each replica of a part on its own batch; losses
        [r].

        The state is updated, too. x: [r, B, ...], y: [r, B]. Replicas that are not active may be
        skipped; their state stays, and the loss of those skipped is NaN.
        """
        torch._foreach_zero_([gradient(self.stacked(name))[part] for name in self.names])
        if self.vectorized:
            logits, state = vmap(self._call_with_state)(*self._tensors(), x)
            losses = F.cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="none")
            losses = losses.view(y.shape).mean(dim=1)
            losses.sum().backward()
            self._set_state(state, active)
            return losses.detach()
        result = torch.full((len(x),), torch.nan, device=x.device)
        for row, r in enumerate(range(self.num_replicas)[part]):
            if active is None or active[r]:
                loss = F.cross_entropy(self._alone[r](x[row]), y[row])
                loss.backward()
                result[row] = loss.detach()
                if self.state_names:
                    self._restore_state_views(r)
        return result

    def alone(
        self, r: int, dtype: torch.dtype = torch.float32, zero_means: bool = False
    ) -> Callable[[dict[str, Tensor], Tensor], Tensor]:
        """Replica r as a function of its parameters and one batch, both of ``dtype``: its logits.

        ``zero_means`` replaces the running means of normalization layers by 0.
        """
        buffers = {name: self.buffer(name)[r] for name in self.buffer_names}
        for name in self.buffer_names:
            in_dropout = name.rpartition(".")[0] in self.architecture.dropout_layers
            if buffers[name].is_floating_point() and not in_dropout:
                buffers[name] = buffers[name].to(dtype)
            if zero_means and name.endswith("running_mean"):
                buffers[name] = torch.zeros_like(buffers[name])
        return lambda parameters, x: self._call(parameters, buffers, x)

    def _call(self, parameters: dict, buffers: dict, x: Tensor) -> Tensor:
        return functional_call(self._skeleton[0], (parameters, buffers), (x,))

    def _call_with_state(self, parameters: dict, buffers: dict, x: Tensor) -> tuple[Tensor, dict]:
        """Logits, and the new state. The old one is not changed."""
        state = {name: buffers[name].clone() for name in self.state_names}
        tensors = parameters | buffers | state
        logits = functional_call(self._skeleton[0], tensors, (x,))  # writes new buffers to tensors
        return logits, {name: tensors[name].detach() for name in state}

    def _tensors(self) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        return (
            {name: self.stacked(name) for name in self.names},
            {name: self.buffer(name) for name in self.buffer_names},
        )

    def _set_state(self, state: dict[str, Tensor], active: Sequence[bool] | None) -> None:
        """Set the state [R, ...] of the active replicas."""
        if state and active is not None and not all(active):
            rows = torch.tensor(active, device=self.device)
            for name, new in state.items():
                where = rows.view(-1, *[1] * (new.dim() - 1))
                state[name] = torch.where(where, new, self.buffer(name))
        for name, new in state.items():
            self.buffer(name).copy_(new)

    @torch.no_grad()
    def _restore_state_views(self, r: int) -> None:
        """Copy the state of modules that replace a buffer, rather than change it in place."""
        for owner, leaf, view in self._state_views[r]:
            if (new := getattr(owner, leaf)) is not view:
                view.copy_(new)
                setattr(owner, leaf, view)

    # -- dropout -------------------------------------------------------------------------------

    @property
    def drops_out(self) -> bool:
        """True if a replica drops out in training."""
        names = self.architecture.dropout_layers
        return any(bool((self.buffer(f"{name}.train_rate") > 0).any()) for name in names)

    def set_dropout_rates(self, train: Tensor, evaluation: Tensor) -> None:
        """Set the rates [R] of every dropout layer for training and for evaluation."""
        for name in self.architecture.dropout_layers:
            self.buffer(f"{name}.train_rate").copy_(train)
            self.buffer(f"{name}.eval_rate").copy_(evaluation)
        enabled = {True: bool((train > 0).any()), False: bool((evaluation > 0).any())}
        for number, module in enumerate((*self._alone, *self._skeleton)):
            for layer in module.modules():
                if isinstance(layer, PhaseDropout):
                    layer.enabled = enabled
                    layer.compiled = number < len(self._alone) and self.device.type == "cpu"

    def set_dropout_draw(
        self, keys: Tensor, part: slice = ALL, evaluation: Tensor | None = None
    ) -> None:
        """Select the masks of the streams ``keys`` [R, 2] for some replicas, and their rates [R]
        for evaluation."""
        for name in self.architecture.dropout_layers:
            self.buffer(f"{name}.key")[part].copy_(keys[part])
            if evaluation is not None:
                self.buffer(f"{name}.eval_rate")[part].copy_(evaluation[part])
