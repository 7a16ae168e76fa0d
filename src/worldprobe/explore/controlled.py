"""The controlled regime: a state that moves by actions, under a policy from rich to degenerate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, ClassVar

import numpy as np
from jaxtyping import Float, Float64
from pydantic import Field, NonNegativeFloat, NonNegativeInt, PositiveFloat, PositiveInt

from worldprobe._util.seeds import stream
from worldprobe.errors import InvalidValue
from worldprobe.explore.linear_control import ClosedLoop
from worldprobe.explore.ornstein_uhlenbeck import Clip, blocks, clip_index
from worldprobe.explore.regime import REGIMES, Pairs, Regime
from worldprobe.world.world import Control

Memory = Annotated[float, Field(gt=-1.0, lt=1.0)]


@REGIMES.register("controlled")
class Controlled(Regime):
    """A linear world that actions move: z' = A z + B a + w, explored by the policy a = K z + e.

    A keeps `memory` of the state and B has `effect` on it; with `coupled` both turn the axes, A by an orthogonal matrix
    and B by orthonormal columns that `seed` draws. The policy is random where `feedback` is 0, and steers towards the
    state 0 elsewhere: K = -feedback B^+ A, which at 1 undoes all that B can undo. e ~ N(0, diag(action_noise^2)): an
    action without noise of its own is a function of the state, and what it does cannot be told from what the state
    does (arXiv 2607.22430). Marginal N(0, P), with P from the Lyapunov equation; at the defaults P = I. Every spectrum
    is exact: see `closed_loop`.
    """

    acts: ClassVar[bool] = True

    memory: Memory | list[Memory] = Field(
        0.6, description="What is left of the state after a step, in (-1, 1). One number, or one per control."
    )
    effect: PositiveFloat = Field(0.6, description="What an action of 1 adds to the state.")
    noise: PositiveFloat | list[PositiveFloat] = Field(
        0.28**0.5,
        description="Standard deviation of what neither state nor action says of the next state. One number, or one "
        "per control.",
    )
    actions: PositiveInt | None = Field(None, description="How many actions there are; as many as controls if null.")
    feedback: NonNegativeFloat = Field(
        0.0,
        description="How much the policy steers towards the state 0; at 0 actions do not depend on the state.",
    )
    action_noise: NonNegativeFloat | list[NonNegativeFloat] = Field(
        1.0,
        description="Standard deviation of what the policy adds to that, given the state. One number, or one per "
        "action; 0 leaves an action without variation of its own.",
    )
    coupled: bool = Field(True, description="Whether A and B turn the axes; else control i keeps to itself.")
    seed: NonNegativeInt = Field(0, description="Seed of the matrices that turn them.")
    clip: Clip = 2

    def closed_loop(self, n: int) -> ClosedLoop:
        """Return A, B, W, K and E for n controls, with the spectra that follow from them.

        Raises InvalidValue where a list has not one number per control or action, or there are more actions than
        controls.
        """
        a = n if self.actions is None else self.actions
        if a > n:
            raise InvalidValue("actions", a, f"at most {n}, the number of controls", "B has independent columns.")
        rng = stream(self.seed, "controlled")
        turn, columns = (np.linalg.qr(rng.standard_normal((n, n))).Q if self.coupled else np.eye(n) for _ in range(2))
        transition = turn * _each("memory", self.memory, n, "control")
        effect = self.effect * columns[:, :a]
        return ClosedLoop(
            transition=transition,
            effect=effect,
            noise=np.diag(_each("noise", self.noise, n, "control") ** 2),
            feedback=-self.feedback * np.linalg.pinv(effect) @ transition,
            excitation=np.diag(_each("action_noise", self.action_noise, a, "action") ** 2),
        )

    def sample(self, frames: int, controls: Sequence[Control], rng: np.random.Generator) -> Pairs:
        """Draw stationary clips, and the action taken between the members of every pair."""
        clips = blocks(frames, self.clip, len(controls))
        z, actions = self.closed_loop(len(controls)).sample(clips, self.clip, rng)
        index = clip_index(frames, self.clip)
        states = z.reshape(-1, z.shape[2])[:frames].astype(np.float32)
        return Pairs(states, index, actions.reshape(-1, actions.shape[2])[index[:, 0]].astype(np.float32))

    def dynamics(self, controls: Sequence[Control]) -> ClosedLoop:
        """Return the closed loop."""
        return self.closed_loop(len(controls))

    def exact_correlation(self, controls: Sequence[Control]) -> Float[np.ndarray, " n"]:
        """Return every control's correlation with itself one step later."""
        return self.closed_loop(len(controls)).pair_correlation

    def exact_prediction_error(self, controls: Sequence[Control]) -> float:
        """Return 1 - mean rho_i^2, with the canonical correlations rho_i between (z, a) and z'."""
        return float(1.0 - (self.closed_loop(len(controls)).canonical_correlations ** 2).mean())

    def exact_marginal(self, controls: Sequence[Control]) -> str:
        """Return N(0, I), or N(0, P) with the standard deviations."""
        covariance = self.closed_loop(len(controls)).covariance
        if np.allclose(covariance, np.eye(len(controls)), atol=1e-9):
            return "N(0, 1)"
        return f"N(0, P), standard deviations {', '.join(f'{sd:.3g}' for sd in np.sqrt(np.diag(covariance)))}"


def _each(name: str, value: float | list[float], count: int, kind: str) -> Float64[np.ndarray, " count"]:
    if isinstance(value, list) and len(value) != count:
        raise InvalidValue(name, value, f"one number, or a list of {count}, one per {kind}")
    return np.broadcast_to(np.asarray(value, dtype=np.float64), (count,)).copy()
