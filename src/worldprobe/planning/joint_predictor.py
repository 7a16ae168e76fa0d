"""The predictor that was trained together with an encoder, in the place of a transition that is fitted afterwards."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float64

from worldprobe.explore.linear_control import ClosedLoop
from worldprobe.measures.probes import LinearProbe
from worldprobe.measures.rollouts import bounded
from worldprobe.planning.transition import central_differences


@dataclass(frozen=True)
class JointPredictor:
    """p(h, a) for planned displacements u of the controls: a = B^+ (u + (I - A) z) is the action that causes u.

    A planner's actions displace the controls; a predictor was trained on the actions of its regime, z' = A z + B a + w.
    The state z that the conversion needs is what a linear probe reads off the embedding.
    """

    predict: Callable[[np.ndarray, np.ndarray], np.ndarray]
    """From embeddings (N, d) and the regime's actions (N, a) to the next embeddings (N, d)."""
    probe: LinearProbe
    loop: ClosedLoop

    @classmethod
    def where_possible(
        cls, predict: Callable[[np.ndarray, np.ndarray], np.ndarray], probe: LinearProbe, loop: ClosedLoop
    ) -> JointPredictor | None:
        """Return it, or None where B has not full row rank: some displacements are then caused by no action."""
        reachable = int(np.linalg.matrix_rank(loop.effect)) == len(loop.effect)
        return cls(predict, probe, loop) if reachable else None

    def __call__(self, h: Float[np.ndarray, "N d"], actions: Float[np.ndarray, "N n"]) -> Float64[np.ndarray, "N d"]:
        """Return the embeddings that the displacements are predicted to lead to."""
        z = bounded(h, self.probe)
        wanted = actions + z - z @ self.loop.transition.T
        after: np.ndarray = self.predict(h, wanted @ np.linalg.pinv(self.loop.effect).T).astype(np.float64)
        return after

    def slope(self, h: Float[np.ndarray, "N d"], step: float, n: int) -> Float64[np.ndarray, "N d n"]:
        """Return how an embedding moves per unit of displacement along each of n axes."""
        return central_differences(self, h, step, n)
