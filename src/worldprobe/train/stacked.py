"""Many networks of one architecture run as one: stacked parameters, batched matrix products."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn
from torch.func import functional_call

from worldprobe.errors import InvalidValue
from worldprobe.train.batch_norm import batch_norm_over_ranks


class EncoderStack:
    """M networks of one architecture with M sets of parameters; `unstack` writes them back into the networks.

    A stack of one is the network itself, whatever it is made of. More than one must be pure functions of their
    parameters (`Encoder.stackable`): a buffer, as BatchNorm's running averages are, raises InvalidValue, and `verify`
    refuses what else `torch.vmap` cannot run or runs differently. Parameters that do not require a gradient stay fixed.
    With `bf16` layers compute in bfloat16, from parameters that stay in float32; a stack that reads uint8 frames
    computes in float32 all the same.
    """

    def __init__(self, networks: Sequence[nn.Module], device: torch.device, bf16: bool = False) -> None:
        self.networks = [batch_norm_over_ranks(network.to(device)) for network in networks]
        self._autocast = torch.autocast(device.type, torch.bfloat16, enabled=bf16)
        self._bf16 = bf16
        self._parameters: dict[str, Tensor] | None = None
        if len(networks) > 1:
            buffers = [name for name, _ in self.networks[0].named_buffers()]
            if buffers:
                raise _not_stackable(f"it has buffers ({', '.join(buffers)})")
            self._parameters = _stacked_parameters(self.networks)
            self._skeleton = copy.deepcopy(self.networks[0]).to("meta")
            self._call = torch.vmap(lambda parameters, x: functional_call(self._skeleton, parameters, (x,)))

    def __len__(self) -> int:
        return len(self.networks)

    def __call__(self, x: Shaped[Tensor, "models N ..."]) -> Float[Tensor, "models N d"]:
        """Return every network's embeddings of its own observations, float32."""
        if self._parameters is None:
            with self._autocast:
                return self.networks[0](x[0])[None].float()
        parameters = self._parameters
        if self._bf16 and x.is_floating_point():
            # Autocast would return to float32 in every layer, because it does not handle batched biases.
            parameters, x = {name: value.bfloat16() for name, value in parameters.items()}, x.bfloat16()
        h: Tensor = self._call(parameters, x)
        return h.float()

    def verify(self, x: Shaped[Tensor, "models N ..."]) -> None:
        """Raise InvalidValue where the stack cannot embed `x`, or embeds it differently from the networks themselves.

        It costs one more forward pass of the first and of the last network.
        """
        if self._parameters is None:
            return
        with torch.no_grad():
            try:
                together = self._call(self._parameters, x)
            except RuntimeError as error:
                raise _not_stackable(str(error).strip().splitlines()[0]) from error
            for member in (0, len(self) - 1):
                own = {name: value[member] for name, value in self._parameters.items()}
                alone = functional_call(self.networks[member], own, (x[member],))
                if not torch.allclose(together[member], alone, rtol=1e-3, atol=1e-3, equal_nan=True):
                    raise _not_stackable("stacked, it gives other embeddings than alone")

    @property
    def parameters(self) -> list[Tensor]:
        """What an optimiser trains; in a stack of many each with a leading dimension over networks."""
        if self._parameters is None:
            return list(self.networks[0].parameters())
        return [parameter for parameter in self._parameters.values() if parameter.requires_grad]

    def clip_gradients(self, most: float) -> Float[Tensor, " models"]:
        """Scale every network's gradient to a norm of at most `most`, and return the norms before."""
        if self._parameters is None:
            return nn.utils.clip_grad_norm_(self.parameters, most, foreach=True)[None]
        gradients = [parameter.grad for parameter in self.parameters if parameter.grad is not None]
        norm = torch.stack([g.flatten(1).square().sum(1) for g in gradients]).sum(0).sqrt()
        scale = (most / (norm + 1e-6)).clamp_max(1.0)  # as clip_grad_norm_ does
        for gradient in gradients:
            gradient.mul_(scale.view(-1, *[1] * (gradient.dim() - 1)))
        return norm

    def train(self, mode: bool = True) -> None:
        """Set training or evaluation mode."""
        for network in self.networks if self._parameters is None else [self._skeleton]:
            network.train(mode)

    def state(self) -> dict[str, Any]:
        """Return parameters and buffers."""
        return self.networks[0].state_dict() if self._parameters is None else dict(self._parameters)

    def load(self, state: dict[str, Any]) -> None:
        """Take another stack's `state`."""
        if self._parameters is None:
            self.networks[0].load_state_dict(state)
            return
        with torch.no_grad():
            for name, parameter in self._parameters.items():
                parameter.copy_(state[name])

    def unstack(self) -> None:
        """Write the parameters back into the networks, and leave these in evaluation mode."""
        for member, network in enumerate(self.networks):
            if self._parameters is not None:
                network.load_state_dict({name: value[member].detach() for name, value in self._parameters.items()})
            network.eval()


def _stacked_parameters(networks: Sequence[nn.Module]) -> dict[str, Tensor]:
    """Return the networks' parameters by name, each with a leading dimension over networks, as leaves of their own."""
    every = [dict(network.named_parameters()) for network in networks]
    return {
        name: torch.stack([each[name].detach() for each in every]).requires_grad_(parameter.requires_grad)
        for name, parameter in every[0].items()
    }


def _not_stackable(reason: str) -> InvalidValue:
    return InvalidValue(
        "stackable", True, "False for this encoder", f"It cannot be trained in a stack: {reason}. Train it singly."
    )
