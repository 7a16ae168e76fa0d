"""The objective of action-conditioned world models: predict the next embedding from the embedding and the action."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float
from pydantic import Field, PositiveInt
from torch import Tensor, nn

from worldprobe.train.encoders import draw_scaled_normal
from worldprobe.train.objectives import OBJECTIVES, LeJEPA


@OBJECTIVES.register("lejepa-predictive")
class LeJEPAPredictive(LeJEPA):
    """lambda SIGReg + (1 - lambda) E|p(h(z), a) - h(z')|^2 / 2d, with a predictor p that is trained jointly.

    What LeWM (arXiv 2603.19312) trains, one step ahead: no stop-gradient, no average of weights, SIGReg on both members
    of a pair. With the best predictor the error is tr Cov h(z') - tr Cov E[h(z') | z, a] (arXiv 2607.22430). Its half
    takes the place of `lejepa`'s alignment: two outcomes of one state and action are twice that error apart, so that a
    lambda means the same here and there. The pairs must carry actions.
    """

    uses_actions: ClassVar[bool] = True

    lambda_: Annotated[float, Field(gt=0, lt=1)] = Field(0.025, alias="lambda", description="weight of SIGReg")
    predictor: Literal["linear", "mlp"] = Field(
        "mlp", description="what predicts the next embedding: a linear map, or one with two hidden layers"
    )
    hidden: PositiveInt = Field(128, description="width of the predictor's hidden layers")

    def build_predictor(self, d: int, actions: int, seed: int) -> nn.Module:
        """Return p, from embeddings and actions (N, d + actions) to embeddings (N, d), with weights from `seed`."""
        if self.predictor == "linear":
            network: nn.Module = nn.Sequential(nn.Linear(d + actions, d))
        else:
            network = nn.Sequential(
                nn.Linear(d + actions, self.hidden),
                nn.GELU(),
                nn.Linear(self.hidden, self.hidden),
                nn.GELU(),
                nn.Linear(self.hidden, d),
            )
        draw_scaled_normal(network, torch.Generator().manual_seed(seed))
        return network


def predictor_input(
    h: Float[Tensor, "*models B d"], actions: Float[Tensor, "*models B a"]
) -> Float[Tensor, "*models B both"]:
    """Return what a predictor reads: the embedding, then the action."""
    return torch.cat([h, actions.to(h.dtype)], dim=-1)


def predictor_of(network: nn.Module) -> Callable[[np.ndarray, np.ndarray], np.ndarray]:
    """Return a trained predictor as a function of arrays: embeddings (N, d) and actions (N, a) to embeddings (N, d).

    It computes in float32, where the network lives.
    """
    network.eval()

    def predict(h: np.ndarray, actions: np.ndarray) -> np.ndarray:
        device = next(network.parameters()).device
        known = torch.as_tensor(np.concatenate([h, actions], axis=1), dtype=torch.float32, device=device)
        with torch.inference_mode():
            found: np.ndarray = network(known).cpu().numpy()
        return found

    return predict
