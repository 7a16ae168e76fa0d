"""Objectives: alignment of the two members of a pair, plus what keeps the embedding from collapsing."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Annotated, Any, ClassVar, Literal

import torch
from jaxtyping import Float
from pydantic import ConfigDict, Field, PositiveInt, ValidationError, WrapValidator
from torch import Tensor, nn

from worldprobe._util.registry import Component, Registry
from worldprobe.errors import InvalidValue
from worldprobe.train.lambda_window import lambda_window
from worldprobe.train.ranks import gather_over_ranks, mean_over_ranks, sum_over_ranks
from worldprobe.train.sigreg_loss import draw_directions, sigreg

SMALLEST_WIDTH = 1e-30
"""Squared kernel width of InfoNCE where all embeddings are equal and their median distance is 0."""

OBJECTIVES: Registry[type[Objective]] = Registry("objective", "worldprobe objectives", "worldprobe.train")

Terms = dict[str, Tensor]
"""Named values, one per model: "loss" is what is minimised, "alignment" is E|h - h'|^2 / d, "regulariser" the rest."""


class Objective(Component, ABC):
    """A recipe for a loss on the embeddings of pairs: weight * regulariser + (1 - weight) * alignment.

    Its fields (lambda, slices ...) are its settings. `weight_field` names the one that is the weight; objectives that
    differ in nothing else train together as one stack. Without one the regulariser is the whole loss.
    """

    registry: ClassVar[Registry[type[Objective]]] = OBJECTIVES
    weight_field: ClassVar[str | None] = None
    uses_controls: ClassVar[bool] = False
    uses_actions: ClassVar[bool] = False
    """Whether a predictor of the next embedding is trained with the encoder; its error is then the alignment."""

    def build_predictor(self, d: int, actions: int, seed: int) -> nn.Module | None:
        """Return the predictor that is trained with an encoder of d dimensions; None where nothing is predicted."""
        return None

    @property
    def weight_is_chosen(self) -> bool:
        """Whether the regulariser's weight is yet to be found from the pairs, by `for_pairs`."""
        return False

    def for_pairs(self, alignment_optimum: float | None, pairs: int) -> Objective:
        """Return this objective as it is for a batch of so many pairs, whose linear encoder has this alignment.

        Itself, where no setting of it depends on the pairs.
        """
        return self

    @property
    def regulariser_weight(self) -> float:
        """The regulariser's weight against alignment; 1 where it is the whole loss."""
        return 1.0 if self.weight_field is None else float(getattr(self, self.weight_field))

    def stacks_with(self, other: Objective) -> bool:
        """Whether the two differ in their weight alone."""
        kept = set() if self.weight_field is None else {self.weight_field}
        return type(self) is type(other) and self.model_dump(exclude=kept) == other.model_dump(exclude=kept)

    @abstractmethod
    def regulariser(
        self,
        h: Float[Tensor, "models 2 B d"],
        controls: Float[Tensor, "models 2 B n"] | None,
        seeds: Sequence[int],
    ) -> Float[Tensor, " models"]:
        """Return what keeps each model's embedding from collapsing: h[:, 0] and h[:, 1] are the members of B pairs.

        Whatever is random in it is drawn from the models' seeds, one each for this step; equal seeds draw alike.
        """


def terms(
    objectives: Sequence[Objective],
    h: Float[Tensor, "models 2 B d"],
    controls: Float[Tensor, "models 2 B n"] | None,
    seeds: Sequence[int],
    predicted: Float[Tensor, "models B d"] | None = None,
) -> Terms:
    """Return the terms of models whose objectives `stacks_with` each other, one objective and one seed per model.

    `predicted` are the second members' embeddings as a predictor expects them: its error is then the alignment.
    Under an initialised `torch.distributed` means are over the pairs of all ranks, however many each has. Raises
    InvalidValue where a batch has no pair.
    """
    if not h.shape[2]:
        raise InvalidValue("pairs", 0, "1 or more in every batch", "Check the source of the pairs.")
    regulariser = objectives[0].regulariser(h, controls, seeds)
    distance = mean_over_ranks(pair_distance(h) if predicted is None else prediction_error(predicted, h), h.shape[2])
    if objectives[0].weight_field is None:
        return {"loss": regulariser, "alignment": distance}
    weights = torch.tensor([objective.regulariser_weight for objective in objectives], dtype=h.dtype)
    weight = weights.to(h.device, non_blocking=True)
    loss = weight * regulariser + (1 - weight) * distance / (4 if predicted is None else 2)
    return {"loss": loss, "alignment": distance, "regulariser": regulariser}


def pair_distance(h: Float[Tensor, "*models 2 B d"]) -> Float[Tensor, "*models"]:
    """Return E|h - h'|^2 / d, whose optimum under Cov h = I is 2 (1 - rho) (Theorem 1, arXiv 2605.26379).

    The loss's alignment term is a quarter of it: the public code's definition, the mean over views, pairs and
    dimensions of the squared distance to the mean over views, so a lambda quoted from the paper means the same here.
    """
    return (h[..., 0, :, :] - h[..., 1, :, :]).square().mean((-2, -1))


def prediction_error(
    predicted: Float[Tensor, "*models B d"], h: Float[Tensor, "*models 2 B d"]
) -> Float[Tensor, "*models"]:
    """Return E|p(h(z), a) - h(z')|^2 / d; two outcomes of one state and action are twice the least of it apart."""
    return (predicted - h[..., 1, :, :]).square().mean((-2, -1))


def covariance_distance(h: Float[Tensor, "*models N d"]) -> Float[Tensor, "*models"]:
    """Return the mean squared entry of Cov(h) - I; covariance over all ranks' samples, unbiased (divided by N - 1).

    Raises InvalidValue where there are fewer than two samples.
    """
    samples = sum_over_ranks(torch.tensor(float(h.shape[-2]), device=h.device))
    if h.shape[-2] < 2 and samples < 2:
        raise InvalidValue("samples", int(samples), "2 or more", "One sample has no covariance.")
    centred = h - sum_over_ranks(h.sum(-2, keepdim=True)) / samples
    covariance = sum_over_ranks(centred.mT @ centred) / (samples - 1)
    return (covariance - torch.eye(h.shape[-1], dtype=h.dtype, device=h.device)).square().mean((-2, -1))


def squared_distances(u: Float[Tensor, "*models B d"], v: Float[Tensor, "*models B d"]) -> Float[Tensor, "*models B B"]:
    """Return |u_i - v_j|^2."""
    norms = u.square().sum(-1)[..., :, None] + v.square().sum(-1)[..., None, :]
    return (norms - 2 * u @ v.mT).clamp_min(0)


def _weight(given: Any, checked: Callable[[Any], Any]) -> Any:
    """Check a weight of SIGReg; what is wrong is said once, not for a number and for a word."""
    try:
        return checked(given)
    except ValidationError:
        raise ValueError("should be greater than 0 and less than 1, or auto") from None


@OBJECTIVES.register("lejepa")
class LeJEPA(Objective):
    """lambda SIGReg + (1 - lambda) alignment (arXiv 2511.08544), with fresh directions for every batch."""

    weight_field: ClassVar[str | None] = "lambda_"

    lambda_: Annotated[Annotated[float, Field(gt=0, lt=1)] | Literal["auto"], WrapValidator(_weight)] = Field(
        0.025,
        alias="lambda",
        description="weight of SIGReg; auto: from the pairs' correlation and the batch (docs/studies/lambda.md)",
    )
    slices: PositiveInt = Field(256, description="random directions per batch")

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    @property
    def weight_is_chosen(self) -> bool:
        """Whether lambda is `auto`."""
        return self.lambda_ == "auto"

    def for_pairs(self, alignment_optimum: float | None, pairs: int) -> Objective:
        """Return the objective with a number for `lambda: auto`: the middle of the window (`lambda_window`).

        Raises InvalidValue where there is none: the pairs' correlation is not known, 0 or 1.
        """
        if self.lambda_ != "auto":
            return self
        if alignment_optimum is None:
            raise InvalidValue("lambda", "auto", "a number", "The alignment of a linear encoder is not known here.")
        return self.model_copy(update={"lambda_": lambda_window(1.0 - alignment_optimum / 2.0, pairs).middle})

    @property
    def regulariser_weight(self) -> float:
        """Lambda; raises InvalidValue where it is "auto" and was not made a number by `for_pairs`."""
        if self.lambda_ == "auto":
            raise InvalidValue("lambda", "auto", "a number here: studies alone know the pairs that it depends on")
        return self.lambda_

    def regulariser(
        self,
        h: Float[Tensor, "models 2 B d"],
        controls: Float[Tensor, "models 2 B n"] | None,
        seeds: Sequence[int],
    ) -> Float[Tensor, " models"]:
        """Return SIGReg; its N counts both views."""
        drawn = {seed: self._directions(h.shape[-1], seed) for seed in dict.fromkeys(seeds)}
        directions = torch.stack([drawn[seed] for seed in seeds]).to(h.device, h.dtype, non_blocking=True)
        return sigreg(h.flatten(1, 2), directions)

    def _directions(self, d: int, seed: int) -> Float[Tensor, "d slices"]:
        return draw_directions(d, self.slices, torch.Generator().manual_seed(seed))


@OBJECTIVES.register("whitening")
class Whitening(Objective):
    """weight |Cov h - I|^2 + (1 - weight) alignment: the paper's second-moment baseline ("VICReg" there)."""

    weight_field: ClassVar[str | None] = "weight"

    weight: Annotated[float, Field(gt=0, lt=1)] = Field(0.5, description="weight of the covariance's distance to I")

    def regulariser(
        self,
        h: Float[Tensor, "models 2 B d"],
        controls: Float[Tensor, "models 2 B n"] | None,
        seeds: Sequence[int],
    ) -> Float[Tensor, " models"]:
        """Return the distance of the covariance, over both views, to I."""
        return covariance_distance(h.flatten(1, 2))


@OBJECTIVES.register("infonce")
class InfoNCE(Objective):
    """Symmetric InfoNCE with similarity -|u - v|^2 / (2 sigma^2); all other pairs of the batch are negatives.

    Under `torch.distributed` those of all ranks: the embeddings are gathered with their gradients.
    """

    sigma: Annotated[float, Field(gt=0)] | None = Field(
        1.0, description="kernel width; null: the batch's median distance"
    )

    def regulariser(
        self,
        h: Float[Tensor, "models 2 B d"],
        controls: Float[Tensor, "models 2 B n"] | None,
        seeds: Sequence[int],
    ) -> Float[Tensor, " models"]:
        """Return the whole loss; its alignment is in the similarity of the pairs themselves."""
        h = gather_over_ranks(h)
        # Distances are differences of squared lengths: far from the origin float32 would lose them.
        h = h - h.detach().mean((1, 2), keepdim=True)
        squared = squared_distances(h[:, 0], h[:, 1])
        width: Tensor | float
        if self.sigma is None:
            width = squared.detach().flatten(1).median(1).values.clamp_min(SMALLEST_WIDTH)[:, None, None]
        else:
            width = self.sigma**2
        similarity = squared / (-2 * width)
        own = similarity.diagonal(dim1=1, dim2=2).mean(1)
        return (similarity.logsumexp(1) + similarity.logsumexp(2)).mean(1) / 2 - own


@OBJECTIVES.register("supervised")
class Supervised(Objective):
    """Mean squared error to the controls themselves: the ceiling, what the same encoder reaches with labels."""

    uses_controls: ClassVar[bool] = True

    def regulariser(
        self,
        h: Float[Tensor, "models 2 B d"],
        controls: Float[Tensor, "models 2 B n"] | None,
        seeds: Sequence[int],
    ) -> Float[Tensor, " models"]:
        """Return the whole loss; both members of a pair count, each against its own controls.

        Raises InvalidValue where the controls are not given or are not as many as h has dimensions.
        """
        if controls is None:
            raise InvalidValue(
                "controls", None, "an array (frames, n)", "The supervised objective learns from the controls."
            )
        if controls.shape != h.shape:
            raise InvalidValue("d", h.shape[-1], f"{controls.shape[-1]}, the number of controls, for 'supervised'")
        return mean_over_ranks((h - controls).square().mean((1, 2, 3)), h.shape[2])
