"""What a small encoder trained on a log's frames recovers of the states of fresh episodes of the same policy."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np

from policies import Collected
from worldprobe._util.seeds import stream
from worldprobe.explore import Pairs
from worldprobe.measures.probes import fit_probe
from worldprobe.stats.r2 import r2_per_column
from worldprobe.train import ENCODERS, OBJECTIVES, PairData, StackMember, TrainingSettings, embed, train_stack
from worldprobe.world.world import WORLDS

FRESH_EPISODES, FRESH_ROWS = 200, 100

WORLD = "sinusoid"

LAMBDA = 0.05
"""SIGReg's weight: with a tenth of it embeddings are not quite Gaussian, and recover what SIGReg's optimum does not."""


@dataclass(frozen=True)
class Logged:
    """A policy's log and fresh episodes of the same policy, in units of the log's own mean and sd."""

    pairs: Pairs
    fresh: np.ndarray

    @property
    def moving(self) -> int:
        """How many states move."""
        return int((self.fresh.std(axis=0) > 1e-9).sum())

    @staticmethod
    def of(collected: Collected, seed: int = 0) -> Logged:
        """Draw both."""
        states = collected.policy(stream(seed, "log"), collected.episodes, collected.rows)
        fresh = collected.policy(stream(seed, "fresh"), FRESH_EPISODES, FRESH_ROWS)
        n = states.shape[-1]
        flat = states.reshape(-1, n)
        mean, sd = flat.mean(axis=0), flat.std(axis=0)
        sd = np.where(sd > 1e-9, sd, 1.0)
        first = (np.arange(len(states))[:, None] * states.shape[1] + np.arange(states.shape[1] - 1)).ravel()
        return Logged(
            Pairs((flat - mean) / sd, np.stack([first, first + 1], axis=1)), (fresh.reshape(-1, n) - mean) / sd
        )


@cache
def trained(collected: Collected, seeds: int, steps: int, lamda: float = LAMBDA) -> np.ndarray:
    """Return R^2 per state of fresh states after training on a log, mean over seeds; 0 for a state that never moves."""
    return np.mean([_FOUND[collected, seed, steps, lamda] for seed in range(seeds)], axis=0)


_FOUND: dict[tuple[Collected, int, int, float], np.ndarray] = {}


def train_all(logs: Iterable[Collected], seeds: int, steps: int, lamda: float = LAMBDA) -> None:
    """Train on every log with LeJEPA, logs of one size together as a stack, and keep what is recovered for `trained`.

    The embedding has as many dimensions as states move: a prediction is for so many.
    """
    stacks: dict[tuple[int, int], list[tuple[Collected, int, Logged]]] = {}
    for collected in dict.fromkeys(logs):
        for seed in range(seeds):
            logged = Logged.of(collected, seed)
            stacks.setdefault((len(logged.pairs.index), logged.moving), []).append((collected, seed, logged))
    for (_, d), members in stacks.items():
        _train_stack(members, d, steps, lamda)


def _train_stack(members: Sequence[tuple[Collected, int, Logged]], d: int, steps: int, lamda: float) -> None:
    world = WORLDS[WORLD]()
    stack = [
        StackMember(
            ENCODERS["mlp"](width=128, depth=4).build(world.observation_shape, d, seed),
            OBJECTIVES["lejepa"](**{"lambda": lamda}),
            PairData(world.observe(logged.pairs.controls), logged.pairs.index),
            seed,
        )
        for _, seed, logged in members
    ]
    train_stack(stack, TrainingSettings(steps=steps, batch=256, lr=3e-3))
    for member, (collected, seed, logged) in zip(stack, members, strict=True):
        _FOUND[collected, seed, steps, lamda] = _recovered(embed(member.encoder, world.observe(logged.fresh)), logged)


def _recovered(h: np.ndarray, logged: Logged) -> np.ndarray:
    """Return R^2 per state, read by a probe that was fitted on the other half of the fresh states."""
    fresh, moves = logged.fresh, logged.fresh.std(axis=0) > 1e-9
    order = np.random.default_rng(0).permutation(len(fresh))
    fitted, scored = order[: len(order) // 2], order[len(order) // 2 :]
    found = np.zeros(fresh.shape[1])
    found[moves] = r2_per_column(fresh[scored][:, moves], fit_probe(h[fitted], fresh[fitted][:, moves])(h[scored]))
    return found
