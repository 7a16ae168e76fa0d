"""The matched network: coupling layers in reverse, which can undo an additive coupling mixing exactly."""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor, nn


class ReversedCoupling(nn.Module):
    """Layers k = L - 1, ..., 0, each of which subtracts from one half a function of the other (arXiv 2605.26379).

    With x_a the first half and x_b the second, even layers are x_b -= tanh(x_a W_k), odd ones x_a -= tanh(x_b W_k).
    There is nothing else: no bias, no scale, no final linear layer. It preserves volume whatever its weights, so the
    embedding cannot collapse, and where the observation is the mixing of L layers with these weights it is z.
    """

    def __init__(self, n: int, layers: int) -> None:
        super().__init__()
        self.weights = nn.Parameter(torch.empty(layers, n // 2, n // 2))

    def draw(self, generator: torch.Generator) -> None:
        """Draw every weight from N(0, 2 / n), as the paper's public code does: pre-activations then have size 1."""
        nn.init.normal_(self.weights, std=self.weights.shape[-1] ** -0.5, generator=generator)

    def forward(self, x: Float[Tensor, "*batch n"]) -> Float[Tensor, "*batch n"]:
        """Return the embeddings."""
        halves = list(x.chunk(2, dim=-1))
        for k in reversed(range(len(self.weights))):
            halves[1 - k % 2] = halves[1 - k % 2] - torch.tanh(halves[k % 2] @ self.weights[k])
        return torch.cat(halves, dim=-1)
