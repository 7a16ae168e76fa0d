"""The cross-entropy method (Rubinstein 1999): draw plans, keep the best, draw around them; many problems at once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from worldprobe.planning.displacements import Displacements

Cost = Callable[[np.ndarray], np.ndarray]
"""From plans (N, P, horizon, n), P for each of N problems, to their costs (N, P)."""


@dataclass(frozen=True)
class CEM:
    """Diagonal Gaussians over plans of `horizon` actions, refitted `iterations` times to the best of `population`."""

    horizon: int = 5
    population: int = 96
    elites: int = 12
    iterations: int = 6

    def plan(
        self,
        cost: Cost,
        before: Float[np.ndarray, "N horizon n"],
        motion: Displacements,
        rng: np.random.Generator,
        watch: Callable[[np.ndarray, np.ndarray], None] | None = None,
    ) -> Float[np.ndarray, "N horizon n"]:
        """Return the cheapest plan found for each problem, searching around the plans that there were `before`.

        Those plans and staying where one is are always among the candidates, so no plan is worse than either. `watch`
        is given the plans that each iteration draws, (N, population, horizon, n), and their costs.
        """
        problems = np.arange(len(before))[:, None]
        mean, sd = before, np.full(before.shape, motion.step)
        best, least = before, np.full(len(before), np.inf)
        for _ in range(self.iterations):
            drawn = mean[:, None] + sd[:, None] * rng.standard_normal((len(before), self.population, *before.shape[1:]))
            plans = np.concatenate([drawn, mean[:, None], best[:, None], np.zeros_like(mean)[:, None]], axis=1)
            plans = motion.bounded(plans)
            costs = cost(plans)
            if watch is not None:
                watch(plans[:, : self.population], costs[:, : self.population])
            mean, sd = self.refitted(plans, costs)
            first = costs.argmin(axis=1)
            lower = costs[problems[:, 0], first] < least
            best = np.where(lower[:, None, None], plans[problems[:, 0], first], best)
            least = np.minimum(least, costs[problems[:, 0], first])
        return best

    def refitted(
        self, plans: Float[np.ndarray, "N P horizon n"], costs: Float[np.ndarray, "N P"]
    ) -> tuple[Float[np.ndarray, "N horizon n"], Float[np.ndarray, "N horizon n"]]:
        """Return the mean and the standard deviation of each problem's cheapest plans, its `elites`."""
        elite = np.take_along_axis(plans, np.argsort(costs, axis=1)[:, : self.elites, None, None], axis=1)
        return elite.mean(axis=1), elite.std(axis=1)
