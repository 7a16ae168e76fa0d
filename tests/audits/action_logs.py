"""Logs with actions for the audit's tests and benchmarks: clean ones, and what is planted in them."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from audits.logs import specs
from worldprobe.audits import Gate
from worldprobe.audits.action_audit import audit_actions
from worldprobe.explore import Controlled


@dataclass(frozen=True, eq=False)
class Acted:
    states: np.ndarray
    actions: np.ndarray
    episodes: np.ndarray

    @property
    def rows(self) -> int:
        return len(self.states) // len(self.episodes)

    def audited(self) -> dict[str, list[Gate]]:
        names = [f"s{i}" for i in range(self.states.shape[1])]
        gates = audit_actions(
            self.states, self.actions, self.episodes, names, [f"a{i}" for i in range(self.actions.shape[1])]
        )
        return {name: [gate for gate in gates if gate.gate == name] for name in dict.fromkeys(g.gate for g in gates)}

    def shifted(self, rows: int) -> Acted:
        """Actions `rows` rows late within every episode; what is not known is NaN."""
        whole = self.actions.reshape(len(self.episodes), self.rows, -1)
        moved = np.full_like(whole, np.nan)
        if rows > 0:
            moved[:, rows:] = whole[:, :-rows]
        else:
            moved[:, :rows] = whole[:, -rows:]
        return replace(self, actions=moved.reshape(self.actions.shape))

    def changed(self, actions: np.ndarray) -> Acted:
        return replace(self, actions=actions)


def controlled(n: int = 2, clips: int = 40, clip: int = 100, seed: int = 0, **settings: object) -> Acted:
    """The controlled world; the last action of an episode is known too."""
    regime = Controlled.model_validate({"clip": clip, **settings})
    z, a = regime.closed_loop(n).sample(clips, clip, np.random.default_rng(seed))
    assert len(specs(n)) == z.shape[2]
    return Acted(z.reshape(-1, n), a.reshape(len(a) * clip, -1), np.arange(clips) * clip)


def mass(clips: int = 40, clip: int = 100, seed: int = 0, velocity: bool = True, noise: float = 0.02) -> Acted:
    """A mass pushed by a force and held by a spring: positions, and velocities where they are recorded."""
    rng = np.random.default_rng(seed)
    x, v = rng.standard_normal((2, clips, 1))
    states, actions = np.empty((clips, clip, 2)), np.empty((clips, clip, 1))
    push = np.zeros((clips, 1))
    for t in range(clip):
        push = 0.7 * push + rng.standard_normal((clips, 1))
        actions[:, t], states[:, t] = push, np.concatenate([x, v], axis=1)
        v = v + 0.2 * (push - x - 0.5 * v) + noise * rng.standard_normal((clips, 1))
        x = x + 0.2 * v
    kept = states if velocity else states[:, :, :1]
    return Acted(kept.reshape(clips * clip, -1), actions.reshape(-1, 1), np.arange(clips) * clip)


CLEAN = {
    "random": lambda seed: controlled(seed=seed),
    "goal-seeking": lambda seed: controlled(seed=seed, feedback=0.5, action_noise=0.5),
    "strong feedback, little noise": lambda seed: controlled(seed=seed, feedback=0.9, action_noise=0.2),
    "one action of three controls": lambda seed: controlled(3, seed=seed, actions=1),
    "much noise": lambda seed: controlled(seed=seed, noise=2.0),
    "a mass": lambda seed: mass(seed=seed),
    "short": lambda seed: controlled(seed=seed, clips=10, clip=60),
}
