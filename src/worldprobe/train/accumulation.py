"""Batches that pass the encoder in parts, with the loss and the gradient of the whole batch.

A loss on a distribution, as SIGReg's is, is no average of its parts' losses. The parts are therefore embedded without
gradients first; the loss of the whole batch is differentiated in its embeddings; then every part passes once more and
takes its share of that gradient (arXiv 2101.06983). It costs a second forward pass, and memory for one part.
"""

from __future__ import annotations

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from worldprobe.errors import InvalidValue
from worldprobe.train.stacked import EncoderStack


class EmbeddedInParts:
    """The embeddings of a batch, `h` (models, N, d), a leaf; `backward` passes its gradient on to the encoders."""

    def __init__(self, stack: EncoderStack, observations: Shaped[Tensor, "models N ..."], parts: int) -> None:
        self._stack, self._parts = stack, observations.tensor_split(parts, 1)
        self._states = []
        found = []
        with torch.no_grad():
            for part in self._parts:
                self._states.append(_random_state(part.device))
                found.append(stack(part))
        self.h: Float[Tensor, "models N d"] = torch.cat(found, 1).requires_grad_()

    def backward(self) -> None:
        """Add to every parameter's gradient, given that the loss of `h` was differentiated."""
        assert self.h.grad is not None
        slopes = self.h.grad.split([part.shape[1] for part in self._parts], 1)
        for part, state, slope in zip(self._parts, self._states, slopes, strict=True):
            _set_random_state(part.device, state)  # dropout draws what it drew before
            self._stack(part).backward(slope)


def check_parts(network: nn.Module, parts: int) -> None:
    """Raise InvalidValue for a network whose layers' statistics are of the batch they are given, in several parts."""
    normalised = next((type(part).__name__ for part in network.modules() if _of_its_batch(part)), None)
    if parts > 1 and normalised is not None:
        mend = "vit and resnet18 normalise every sample by itself."
        raise InvalidValue(
            "training.accumulate", parts, f"1 for an encoder with {normalised}: its statistics are of the batch", mend
        )


def _of_its_batch(part: nn.Module) -> bool:
    return isinstance(part, nn.modules.batchnorm._BatchNorm) and any(p.requires_grad for p in part.parameters())


def _random_state(device: torch.device) -> Tensor:
    return torch.cuda.get_rng_state(device) if device.type == "cuda" else torch.get_rng_state()


def _set_random_state(device: torch.device, state: Tensor) -> None:
    if device.type == "cuda":
        torch.cuda.set_rng_state(state, device)
    else:
        torch.set_rng_state(state)
