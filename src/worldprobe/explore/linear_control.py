"""Linear dynamics under a Gaussian policy: the stationary closed loop, every spectrum of it in closed form.

z' = A z + B a + w with w ~ N(0, W), and a = K z + e with e ~ N(0, E): the setting of Zhang et al., "On the
Identifiability of Controlled World Models" (arXiv 2607.22430).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Float64
from scipy.linalg import eigh, solve_discrete_lyapunov

from worldprobe.errors import InvalidValue


@dataclass(frozen=True, eq=False)
class ClosedLoop:
    """Dynamics A (n, n), B (n, a), W (n, n) and a policy K (a, n), E (a, a).

    Raises InvalidValue where the spectral radius of A + B K is 1 or more: the state has no stationary distribution.
    """

    transition: Float64[np.ndarray, "n n"]
    """A: what the state does by itself."""
    effect: Float64[np.ndarray, "n a"]
    """B: what actions do to it."""
    noise: Float64[np.ndarray, "n n"]
    """W, the covariance of what neither state nor action says of the next state."""
    feedback: Float64[np.ndarray, "a n"]
    """K: how the policy depends on the state."""
    excitation: Float64[np.ndarray, "a a"]
    """E = E_s Cov(a | s), the covariance of what the policy adds to that."""

    def __post_init__(self) -> None:
        radius = float(np.abs(np.linalg.eigvals(self.loop)).max())
        if radius >= 1.0:
            allowed = "a policy and dynamics with a spectral radius of A + B K below 1"
            raise InvalidValue("feedback", f"a spectral radius of {radius:.3g}", allowed, "The state would diverge.")

    @cached_property
    def loop(self) -> Float64[np.ndarray, "n n"]:
        """A + B K."""
        return self.transition + self.effect @ self.feedback

    @cached_property
    def covariance(self) -> Float64[np.ndarray, "n n"]:
        """P, the stationary covariance of the state: P = (A + B K) P (A + B K)^T + B E B^T + W."""
        driven = self.effect @ self.excitation @ self.effect.T + self.noise
        found = solve_discrete_lyapunov(self.loop, driven)
        return (found + found.T) / 2.0

    @property
    def predictable(self) -> Float64[np.ndarray, "n n"]:
        """Cov E[z' | z, a] = P - W: the covariance of the predictable signal."""
        return self.covariance - self.noise

    @cached_property
    def canonical_correlations(self) -> Float64[np.ndarray, " n"]:
        """The canonical correlations rho_i between (z, a) and z', largest first.

        rho_i^2 are the eigenvalues of P^-1 (P - W). They are the singular values of conditional expectation, from
        functions of z' to functions of (z, a), on linear functions; a product of Hermite polynomials of degrees k_i
        along their directions keeps prod rho_i^k_i.
        """
        squares = eigh(self.predictable, self.covariance, eigvals_only=True)[::-1]
        return np.sqrt(squares.clip(0.0, 1.0))

    @property
    def pair_correlation(self) -> Float64[np.ndarray, " n"]:
        """The correlation of every control with itself one step later."""
        return np.diag(self.loop @ self.covariance) / np.diag(self.covariance)

    @property
    def action_covariance(self) -> Float64[np.ndarray, "a a"]:
        """K P K^T + E, the covariance of the actions over all states."""
        return self.feedback @ self.covariance @ self.feedback.T + self.excitation

    @property
    def least_excitation(self) -> float:
        """lambda_min of E_s Cov(a | s), every action in units of its own standard deviation.

        At 0 the transition is not identified.
        """
        sd = np.sqrt(np.diag(self.action_covariance))
        moves = sd > 0.0
        if not moves.all():
            return 0.0
        return max(float(np.linalg.eigvalsh(self.excitation / np.outer(sd, sd))[0]), 0.0)

    def sample(
        self, clips: int, clip: int, rng: np.random.Generator
    ) -> tuple[Float64[np.ndarray, "clips clip n"], Float64[np.ndarray, "clips clip a"]]:
        """Draw stationary clips of states, and the action taken in each of them."""
        n, a = self.effect.shape
        z, actions = np.empty((clips, clip, n)), np.empty((clips, clip, a))
        z[:, 0] = rng.standard_normal((clips, n)) @ root(self.covariance).T
        for t in range(clip):
            actions[:, t] = self.act(z[:, t], rng)
            if t + 1 < clip:
                z[:, t + 1] = self.moved(z[:, t], actions[:, t], rng)
        return z, actions

    def act(self, z: Float[np.ndarray, "N n"], rng: np.random.Generator) -> Float64[np.ndarray, "N a"]:
        """Draw the policy's actions in these states."""
        push = rng.standard_normal((len(z), len(self.excitation))) @ root(self.excitation).T
        return z @ self.feedback.T + push

    def expected(self, z: Float[np.ndarray, "N n"], actions: Float[np.ndarray, "N a"]) -> Float64[np.ndarray, "N n"]:
        """Return E[z' | z, a] = A z + B a."""
        found: np.ndarray = z @ self.transition.T + actions @ self.effect.T
        return found

    def moved(
        self, z: Float[np.ndarray, "N n"], actions: Float[np.ndarray, "N a"], rng: np.random.Generator
    ) -> Float64[np.ndarray, "N n"]:
        """Draw the states that these actions lead to."""
        return self.expected(z, actions) + rng.standard_normal(z.shape) @ root(self.noise).T


def root(covariance: Float[np.ndarray, "n n"]) -> Float64[np.ndarray, "n n"]:
    """Return the symmetric square root of a covariance, which may be singular."""
    values, vectors = np.linalg.eigh(covariance)
    found: np.ndarray = (vectors * np.sqrt(values.clip(0.0))) @ vectors.T
    return found
