"""What a learned transition predicts, in true controls."""

from __future__ import annotations

from pydantic import Field

from worldprobe.results.record import Record

OWN, OTHER, RECORDED = "the policy's actions", "other actions", "recorded actions"
"""What rollouts are of: actions that the policy chooses, those that do not depend on the state, those of a log."""


class ActionDirection(Record):
    """One direction of the actions, every action in units of its own standard deviation."""

    weights: dict[str, float]
    """The unit vector, by action."""
    excitation: float
    """The variance along it that the policy adds in a given state, E_s Cov(a | s)."""
    error: float
    """Error of predictions for actions along it that the policy did not choose: the policy's mean action in that state,
    moved along this direction by N(0, 1)."""


class RolloutErrors(Record):
    """Errors after several actions in a row, of which only the first state is seen; one value for each horizon."""

    horizons: list[int]
    learned: list[float]
    no_effect: list[float]
    """Of the prediction that the state stays where it is."""
    mean_effect: list[float]
    """Of the best prediction that does not know the actions: a linear regression on the first state."""
    oracle: list[float]
    """Of the true transition, which is uncertain by the noise alone; of a log, of a linear transition that is fitted to
    the states themselves."""


class TransitionRecovery(Record):
    """A learned transition against the true one: embeddings are read by a linear probe.

    Errors are mean squared errors over the variance of the policy's states, means over controls: 0 is exact, 1 is as
    good as the mean state. Those of one step are of E[z' | z, a], so that noise does not count.
    """

    reading: float
    """Of the states themselves as the probe reads them from the embedding: what the encoder costs."""
    on_policy: float
    """Of the actions that the policy chose."""
    on_policy_ci95: tuple[float, float]
    """Over states."""
    counterfactual: float
    """Of actions with the same mean and standard deviation that depend neither on the state nor on each other."""
    counterfactual_ci95: tuple[float, float]
    ratio: float
    """Counterfactual over on-policy error: at most of the order of 1 / lambda_min(E_s Cov(a | s)) (2607.22430)."""
    effects_error: float
    """|B' - B| / |B|, Frobenius, of the recovered mean effects B' of the actions on the controls."""
    effects_condition: float | None
    """Condition number of B'; None where an action is recovered to have no effect."""
    effects_condition_true: float | None
    effect_angles: dict[str, float]
    """Degrees between every action's recovered and true effect."""
    subspace_angle: float
    """Degrees between what actions can do and what they are recovered to do: the largest principal angle."""
    directions: list[ActionDirection] = Field([])
    """By excitation, the weakest first."""
    rollouts: dict[str, RolloutErrors] = Field({})
    """By what chose the actions, `OWN` and `OTHER`."""

    @property
    def weakest(self) -> str:
        """The least excited direction in words, the parts below a quarter left out."""
        parts = sorted(self.directions[0].weights.items(), key=lambda part: -abs(part[1]))
        parts = [(name, weight) for name, weight in parts if abs(weight) >= 0.25]
        if len(parts) == 1:
            return parts[0][0]
        turn = 1.0 if parts[0][1] > 0 else -1.0
        words = [f"{'+' if turn * weight > 0 else '-'} {abs(weight):.2g} {name}" for name, weight in parts]
        return " ".join(words).removeprefix("+ ")
