"""Objectives: alignment of the two members of a pair, plus what keeps the embedding from collapsing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Annotated, ClassVar

import torch
from jaxtyping import Float
from pydantic import ConfigDict, Field, PositiveInt
from torch import Tensor

from worldprobe.errors import InvalidValue
from worldprobe.learners.ranks import sum_over_ranks
from worldprobe.learners.sigreg import draw_directions, sigreg
from worldprobe.registry import Component, Registry

OBJECTIVES: Registry[type[Objective]] = Registry("objective")

Terms = dict[str, Tensor]
"""Named scalars: "loss" is what is minimised, "alignment" is E|h - h'|^2 / d; "regulariser" where there is one."""


class Objective(Component, ABC):
    """A recipe for a loss on the embeddings of pairs; its fields (lambda, slices ...) are its settings."""

    uses_controls: ClassVar[bool] = False

    @abstractmethod
    def terms(
        self, h: Float[Tensor, "2 B d"], controls: Float[Tensor, "2 B n"] | None, generator: torch.Generator
    ) -> Terms:
        """Return the terms for B pairs: h[0] and h[1] are the embeddings of their members."""


def pair_distance(h: Float[Tensor, "2 B d"]) -> Float[Tensor, ""]:
    """Return E|h - h'|^2 / d, whose optimum under Cov h = I is 2 (1 - rho) (Theorem 1, arXiv 2605.26379)."""
    return (h[0] - h[1]).square().mean()


def alignment(h: Float[Tensor, "2 B d"]) -> Float[Tensor, ""]:
    """Return the loss's alignment term, |h - h'|^2 / (4 d) on average: `pair_distance` / 4.

    This is the public code's definition, the mean over views, pairs and dimensions of the squared distance to the
    mean over views, so a lambda quoted from the paper means the same here.
    """
    return pair_distance(h) / 4


def covariance_distance(h: Float[Tensor, "N d"]) -> Float[Tensor, ""]:
    """Return the mean squared entry of Cov(h) - I; covariance over all ranks' samples, unbiased (divided by N - 1)."""
    samples = sum_over_ranks(torch.tensor(float(h.shape[0]), device=h.device))
    centred = h - sum_over_ranks(h.sum(0)) / samples
    covariance = sum_over_ranks(centred.mT @ centred) / (samples - 1)
    return (covariance - torch.eye(h.shape[1], dtype=h.dtype, device=h.device)).square().mean()


def squared_distances(u: Float[Tensor, "B d"], v: Float[Tensor, "B d"]) -> Float[Tensor, "B B"]:
    """Return |u_i - v_j|^2."""
    norms = u.square().sum(1)[:, None] + v.square().sum(1)
    return (norms - 2 * u @ v.mT).clamp_min(0)


@OBJECTIVES.register("lejepa")
class LeJEPA(Objective):
    """lambda SIGReg + (1 - lambda) alignment (arXiv 2511.08544), with fresh directions for every batch."""

    lambda_: Annotated[float, Field(gt=0, lt=1)] = Field(0.025, alias="lambda", description="weight of SIGReg")
    slices: PositiveInt = Field(256, description="random directions per batch")

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    def terms(
        self, h: Float[Tensor, "2 B d"], controls: Float[Tensor, "2 B n"] | None, generator: torch.Generator
    ) -> Terms:
        """Return the terms; SIGReg's N counts both views."""
        directions = draw_directions(h.shape[-1], self.slices, generator, h.device).to(h.dtype)
        regulariser = sigreg(h.flatten(0, 1), directions)
        loss = self.lambda_ * regulariser + (1 - self.lambda_) * alignment(h)
        return {"loss": loss, "alignment": pair_distance(h), "regulariser": regulariser}


@OBJECTIVES.register("whitening")
class Whitening(Objective):
    """weight |Cov h - I|^2 + (1 - weight) alignment: the paper's second-moment baseline ("VICReg" there)."""

    weight: Annotated[float, Field(gt=0, lt=1)] = Field(0.5, description="weight of the covariance's distance to I")

    def terms(
        self, h: Float[Tensor, "2 B d"], controls: Float[Tensor, "2 B n"] | None, generator: torch.Generator
    ) -> Terms:
        """Return the terms; the covariance is over both views."""
        regulariser = covariance_distance(h.flatten(0, 1))
        loss = self.weight * regulariser + (1 - self.weight) * alignment(h)
        return {"loss": loss, "alignment": pair_distance(h), "regulariser": regulariser}


@OBJECTIVES.register("infonce")
class InfoNCE(Objective):
    """Symmetric InfoNCE with similarity -|u - v|^2 / (2 sigma^2); the other pairs of the rank's batch are negatives."""

    sigma: Annotated[float, Field(gt=0)] | None = Field(
        1.0, description="kernel width; null: the batch's median distance"
    )

    def terms(
        self, h: Float[Tensor, "2 B d"], controls: Float[Tensor, "2 B n"] | None, generator: torch.Generator
    ) -> Terms:
        """Return the terms: the regulariser is the loss without the similarity of the pairs themselves."""
        squared = squared_distances(h[0], h[1])
        sigma_squared = squared.detach().median() if self.sigma is None else self.sigma**2
        similarity = squared / (-2 * sigma_squared)
        regulariser = (similarity.logsumexp(0) + similarity.logsumexp(1)).mean() / 2
        return {
            "loss": regulariser - similarity.diagonal().mean(),
            "alignment": pair_distance(h),
            "regulariser": regulariser,
        }


@OBJECTIVES.register("supervised")
class Supervised(Objective):
    """Mean squared error to the controls themselves: the ceiling, what the encoder could do if it were told."""

    uses_controls: ClassVar[bool] = True

    def terms(
        self, h: Float[Tensor, "2 B d"], controls: Float[Tensor, "2 B n"] | None, generator: torch.Generator
    ) -> Terms:
        """Return the terms; both members of a pair count, each against its own controls.

        Raises InvalidValue where the controls are not given or are not as many as h has dimensions.
        """
        if controls is None:
            raise InvalidValue(
                "controls", None, "an array (frames, n)", "The supervised objective is told the controls."
            )
        if controls.shape != h.shape:
            raise InvalidValue("d", h.shape[-1], f"{controls.shape[-1]}, the number of controls, for 'supervised'")
        return {"loss": (h - controls).square().mean(), "alignment": pair_distance(h)}
