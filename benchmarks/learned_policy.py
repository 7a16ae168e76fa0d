"""A policy of the arm that was learned by reinforcement, and the regime that explores with it.

    pip install stable-baselines3
    python benchmarks/learned_policy.py --out POLICY.npz     # ten minutes; results/learned_policy.json
    export POLICY=regimes.learned-policy.weights=POLICY.npz
    worldprobe --include benchmarks/learned_policy.py run benchmarks/arm_learned_policy.yaml $POLICY --out FOLDER

Soft actor-critic of stable-baselines3, defaults but for two hidden layers of 64, on the physics of the regime `policy`
and the Control Suite's task "easy": reward 1 while the fingertip touches the target, 0 elsewhere. It sees every angle's
cosine and sine, the speeds and the way from the fingertip to the target. The regime `learned-policy` differs from
`policy` in the controller alone: same targets, drawn anew every 50 control steps, same episodes, same pairs. It acts by
the policy's mean.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import Field, FilePath

from machine import RESULTS, described
from worldprobe import register
from worldprobe._util.files import write_json
from worldprobe._util.seeds import stream
from worldprobe.explore.simulated_body import TARGETS_METRES, Policy, draw_targets
from worldprobe.world.arm.model import TARGET_RADIUS, THICKNESS
from worldprobe.world.arm.physics import Body

ARMS, HORIZON, HIDDEN = 16, 100, [64, 64]
"""Arms that learn at once; control steps of an episode, with one target; units of the policy's layers."""
TOUCHING = TARGET_RADIUS + THICKNESS
"""Metres from the target's centre: the suite's task "easy"."""

Layers = list[tuple[np.ndarray, np.ndarray]]
"""Weights and biases."""


def observed(body: Body, states: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return what the policy sees, (arms, 3 joints + 2): cosines, sines, speeds, the way to the target."""
    angles, speeds = body.angles(states), states[:, 1 + body.joints : 1 + 2 * body.joints]
    way = (targets - body.fingertip(angles)) / TARGETS_METRES[1]
    return np.concatenate([np.cos(angles), np.sin(angles), speeds / 10.0, way], axis=1).astype(np.float32)


def missed(body: Body, states: np.ndarray, targets: np.ndarray) -> np.ndarray:
    """Return by how many metres every fingertip misses its target."""
    distance: np.ndarray = np.linalg.norm(body.fingertip(body.angles(states)) - targets, axis=1)
    return distance


@register("learned-policy")
class LearnedPolicy(Policy):
    """The regime `policy` with a learned policy in the controller's place."""

    weights: FilePath = Field(description="What `python benchmarks/learned_policy.py` wrote.")

    def body(self, joints: int, shoulder_limited: bool) -> Body:
        """Return an arm with torque motors."""
        return Body(joints, shoulder_limited)

    def reach(self, body: Body, states: np.ndarray, targets: np.ndarray, steps: int) -> np.ndarray:
        """Return the states (arms, steps, state) after each of so many control steps towards targets."""
        layers, after = read(self.weights), []
        for _ in range(steps):
            states = body.move(states, acted(layers, observed(body, states, targets))[:, None])[:, -1]
            after.append(states)
        return np.stack(after, axis=1)


def read(file: Path) -> Layers:
    """Return the layers of a stored policy."""
    with np.load(file) as stored:
        return [(stored[f"weight{i}"], stored[f"bias{i}"]) for i in range(len(stored.files) // 2)]


def acted(layers: Layers, seen: np.ndarray) -> np.ndarray:
    """Return the policy's mean action, (arms, joints) in [-1, 1]."""
    for weight, bias in layers[:-1]:
        seen = np.maximum(seen @ weight.T + bias, 0.0)
    weight, bias = layers[-1]
    return np.tanh(seen @ weight.T + bias).astype(np.float64)


def learn(steps: int, seed: int) -> Layers:
    """Return the layers of a policy that soft actor-critic learned in so many control steps of one arm."""
    from gymnasium.spaces import Box
    from stable_baselines3 import SAC
    from stable_baselines3.common.vec_env import VecEnv

    class Arms(VecEnv):
        """Arms that reach for a target each, until all begin anew."""

        def __init__(self) -> None:
            self.body, self.rng, self.actions = Body(2), stream(seed, "learned policy"), np.zeros((ARMS, 2))
            super().__init__(ARMS, Box(-np.inf, np.inf, (8,), np.float32), Box(-1.0, 1.0, (2,), np.float32))

        def reset(self) -> np.ndarray:
            self.states, self.step_number = self.body.anywhere(ARMS, self.rng), 0
            self.targets = draw_targets(ARMS, self.rng)
            return observed(self.body, self.states, self.targets)

        def step_async(self, actions: np.ndarray) -> None:
            self.actions = actions

        def step_wait(self) -> Any:
            self.states = self.body.move(self.states, self.actions[:, None].astype(np.float64))[:, -1]
            self.step_number += 1
            reward = (missed(self.body, self.states, self.targets) < TOUCHING).astype(np.float32)
            seen, over = observed(self.body, self.states, self.targets), self.step_number == HORIZON
            infos: list[dict[str, Any]] = [{} for _ in range(ARMS)]
            if over:
                infos = [{"terminal_observation": each, "TimeLimit.truncated": True} for each in seen]
                seen = self.reset()
            return seen, reward, np.full(ARMS, over), infos

        def close(self) -> None: ...

        def get_attr(self, attr_name: str, indices: Any = None) -> list[Any]:
            return [getattr(self, attr_name, None)] * ARMS

        def set_attr(self, attr_name: str, value: Any, indices: Any = None) -> None: ...

        def env_method(self, method_name: str, *args: Any, indices: Any = None, **kwargs: Any) -> list[Any]:
            return [None] * ARMS

        def env_is_wrapped(self, wrapper_class: Any, indices: Any = None) -> list[bool]:
            return [False] * ARMS

    model = SAC("MlpPolicy", Arms(), policy_kwargs={"net_arch": HIDDEN}, gradient_steps=4, seed=seed, device="cpu")
    model.learn(steps)
    linear = [layer for layer in model.actor.latent_pi if hasattr(layer, "weight")] + [model.actor.mu]
    return [(layer.weight.detach().numpy(), layer.bias.detach().numpy()) for layer in linear]


def compared(weights: Path, seed: int, arms: int = 500) -> dict[str, dict[str, float]]:
    """Return how both controllers reach their first target in 50 control steps, and how fast the joints turn."""
    rows = {}
    for name, policy in (("servo", Policy()), ("learned", LearnedPolicy(weights=weights))):
        body, rng = policy.body(2, shoulder_limited=False), stream(seed, "compared")
        states, targets = body.anywhere(arms, rng), draw_targets(arms, rng)
        moved = policy.reach(body, states, targets, 50)
        distance = missed(body, moved[:, -1], targets)
        turned = np.abs(np.diff(body.angles(moved), axis=1)).mean(axis=(0, 1))
        rows[name] = {
            "share that touch the target": round(float((distance < TOUCHING).mean()), 3),
            "median distance, m": round(float(np.median(distance)), 4),
            "shoulder, rad a step": round(float(turned[0]), 4),
            "wrist, rad a step": round(float(turned[1]), 4),
        }
    return rows


def main() -> None:
    """Learn, store the policy, and write how well it reaches beside the servo."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, required=True, help="a .npz file for the policy")
    parser.add_argument("--steps", type=int, default=160_000, help="control steps of one arm that are learned from")
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    import stable_baselines3

    layers = learn(given.steps, given.seed)
    parts = {"weight": 0, "bias": 1}
    np.savez(given.out, **{f"{name}{i}": layer[at] for i, layer in enumerate(layers) for name, at in parts.items()})
    rows = compared(given.out, given.seed)
    print(rows)
    document = {
        "what": "Two controllers of the arm, 50 control steps after a target is given",
        "settings": {"steps": given.steps, "seed": given.seed, "algorithm": "SAC", "hidden": HIDDEN},
        "machine": described() | {"stable-baselines3": stable_baselines3.__version__},
        "rows": rows,
    }
    write_json(RESULTS / "learned_policy.json", document)


if __name__ == "__main__":
    main()
