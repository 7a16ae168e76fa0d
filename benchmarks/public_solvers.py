"""Our search against the solvers of stable-worldmodel: the same formulas, the same plans? results/public_solvers.json.

    git clone https://github.com/galilai-group/stable-worldmodel && pip install gymnasium
    python benchmarks/public_solvers.py stable-worldmodel

Every solver is given the same problems (displace true controls towards a goal, true transition), the same number of
plans and rounds, and the same first spread. Their plans are shortened to the longest possible action before they are
judged, as ours are. Only the solvers are loaded: the package around them needs torchvision and more.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import time
import types
from pathlib import Path
from typing import Any

import numpy as np
import torch

from machine import RESULTS, described
from worldprobe._util.files import write_json
from worldprobe.planning import CEM, Displacements, Tasks
from worldprobe.planning.reaching import PlannedDistance
from worldprobe.planning.transition import TrueTransition

PROBLEMS, HORIZON, POPULATION, ELITES, ROUNDS = 200, 5, 96, 12, 6
SEEDS = (0, 1, 2)
NAMES = ("CEMSolver", "ICEMSolver", "MPPISolver")
"""With their own defaults besides the settings that all share."""

Round = tuple[np.ndarray, np.ndarray]
"""Candidates and costs, or the mean and the spread."""


def solvers(clone: Path) -> Any:
    """Return the public solvers' module, without the imports of the package around it."""
    for name, path in (("stable_worldmodel", ""), ("stable_worldmodel.planning", "planning")):
        package = types.ModuleType(name)
        package.__path__ = [str(clone / "stable_worldmodel" / path)]
        sys.modules[name] = package
    import stable_worldmodel.planning.solver as found

    return found


class Judged:
    """The cost of plans as the public solvers ask for it; keeps every round's candidates and costs."""

    def __init__(self, tasks: Tasks, motion: Displacements) -> None:
        self.cost, self.motion = PlannedDistance(TrueTransition(motion), tasks.starts, tasks.goals), motion
        self.rounds: list[Round] = []

    def get_cost(self, info: dict[str, Any], candidates: torch.Tensor) -> torch.Tensor:
        plans = candidates.numpy().astype(np.float64)
        costs = self.cost(self.motion.bounded(plans))
        self.rounds.append((plans, costs))
        return torch.as_tensor(costs, dtype=torch.float32)


def publicly(
    module: Any, name: str, tasks: Tasks, motion: Displacements, seed: int
) -> tuple[np.ndarray, list[Round], list[Round]]:
    """Return a public solver's plans, every round's candidates and costs, and the CEM's means and spreads after it."""
    import gymnasium

    judged, states = Judged(tasks, motion), []
    n = tasks.starts.shape[1]
    shared: dict[str, Any] = {"batch_size": PROBLEMS, "num_samples": POPULATION, "n_steps": ROUNDS, "topk": ELITES}
    if name == "CEMSolver":
        shared["callbacks"] = [_recorder(states)]
    solver = getattr(module, name)(judged, var_scale=motion.step, seed=seed, **shared)
    box = gymnasium.spaces.Box(-motion.step, motion.step, (PROBLEMS, n), np.float32)
    solver.configure(action_space=box, n_envs=PROBLEMS, config=types.SimpleNamespace(horizon=HORIZON, action_block=1))
    with contextlib.redirect_stdout(io.StringIO()):
        found = solver.solve({"state": torch.zeros(PROBLEMS, 1)})["actions"].numpy().astype(np.float64)
    return motion.bounded(found), judged.rounds, states


def _recorder(states: list[Round]) -> Any:
    """Return a callback of the public solvers that keeps the mean and the spread after every round."""
    from stable_worldmodel.planning.solver.callbacks import Callback

    class Recorder(Callback):  # type: ignore[misc]
        def compute(self, **state: Any) -> None:
            states.append((state["mean"].numpy().astype(np.float64), state["var"].numpy().astype(np.float64)))

    return Recorder()


def formulas(rounds: list[Round], states: list[Round]) -> dict[str, float]:
    """Return how far our refit of their candidates is from theirs; their spread is the unbiased one."""
    ours = CEM(HORIZON, POPULATION, ELITES, ROUNDS)
    unbiased = (ELITES / (ELITES - 1)) ** 0.5
    means, spreads = [], []
    for (plans, costs), (mean, spread) in zip(rounds, states, strict=True):
        own_mean, own_spread = ours.refitted(plans, costs.astype(np.float32))
        means.append(np.abs(own_mean - mean).max())
        spreads.append(np.abs(own_spread * unbiased - spread).max())
    return {"mean": float(max(means)), "spread, times sqrt(k / (k - 1))": float(max(spreads))}


def main() -> None:
    """Compare, print and record."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clone", type=Path)
    module = solvers(parser.parse_args().clone)
    torch.set_num_threads(1)
    motion, rows, differences = Displacements(), [], {}
    for n in (2, 3, 6):
        found: dict[str, list[tuple[float, float]]] = {}
        for seed in SEEDS:
            rng = np.random.default_rng(seed)
            tasks = Tasks.draw(PROBLEMS, n, motion, 1.0, rng)
            cost = PlannedDistance(TrueTransition(motion), tasks.starts, tasks.goals)
            least = _least(tasks, motion)
            start = time.perf_counter()
            plans = CEM(HORIZON, POPULATION, ELITES, ROUNDS).plan(cost, np.zeros((PROBLEMS, HORIZON, n)), motion, rng)
            found.setdefault("ours", []).append((_excess(cost, plans, least), time.perf_counter() - start))
            for name in NAMES:
                start = time.perf_counter()
                plans, rounds, states = publicly(module, name, tasks, motion, seed)
                found.setdefault(name, []).append((_excess(cost, plans, least), time.perf_counter() - start))
                if name == "CEMSolver":
                    differences[f"{n} controls, seed {seed}"] = formulas(rounds, states)
        for name, values in found.items():
            excess, seconds = (np.array(column) for column in zip(*values, strict=True))
            row = {"solver": name, "controls": n, "excess": excess.tolist(), "seconds": seconds.tolist()}
            rows.append(row)
            print(f"{n} controls, {name}: {100 * excess.mean():.2f} % above the least cost, {seconds.mean():.2f} s")
    print(differences)
    budget = {"problems": PROBLEMS, "horizon": HORIZON, "plans": POPULATION, "elites": ELITES, "rounds": ROUNDS}
    write_json(
        RESULTS / "public_solvers.json",
        {"machine": described(), "budget": budget, "differences": differences, "rows": rows},
    )


def _least(tasks: Tasks, motion: Displacements) -> np.ndarray:
    """Return the least cost of every problem: straight to the goal by the longest actions."""
    walked = np.arange(1, HORIZON + 1) * motion.step
    return np.maximum(tasks.straight[:, None] - walked, 0.0).sum(axis=1)


def _excess(cost: PlannedDistance, plans: np.ndarray, least: np.ndarray) -> float:
    """Return the mean share by which plans cost more than the least."""
    return float((cost(plans[:, None])[:, 0] / least - 1.0).mean())


if __name__ == "__main__":
    main()
