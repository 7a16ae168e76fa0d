"""A network that is read in two places: the features of its backbone, and what a head makes of them."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn


class TwoTaps(nn.Module):
    """A head on a backbone: `backbone` maps observations to features (N, k), `head` these to the embedding (N, d).

    A frozen backbone stays in evaluation mode, keeps its weights and is passed without gradients.
    """

    def __init__(self, backbone: nn.Module, head: nn.Module, *, frozen: bool = False) -> None:
        super().__init__()
        self.backbone, self.head, self.frozen = backbone, head, frozen
        if frozen:
            backbone.requires_grad_(False).eval()

    def forward(self, observations: Shaped[Tensor, "N ..."]) -> Float[Tensor, "N d"]:
        """Return the embeddings."""
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.frozen):
            features = self.backbone(observations)
        return cast(Tensor, self.head(features))

    def train(self, mode: bool = True) -> TwoTaps:
        """Set training or evaluation mode; a frozen backbone keeps the latter."""
        super().train(mode)
        if self.frozen:
            self.backbone.eval()
        return self


def dense_head(features: int, hidden: int, layers: int, d: int) -> nn.Sequential:
    """Return so many hidden layers with GELU, and a linear map to d dimensions; no layer depends on the batch."""
    sizes = [features] + [hidden] * layers
    parts: list[nn.Module] = []
    for before, after in pairwise(sizes):
        parts += [nn.Linear(before, after), nn.GELU()]
    return nn.Sequential(*parts, nn.Linear(sizes[-1], d))
