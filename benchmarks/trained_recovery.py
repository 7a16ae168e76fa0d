"""What a small encoder trained on a log's frames recovers of the states of fresh episodes of the same policy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np

from policies import Collected
from worldprobe._util.seeds import stream
from worldprobe.explore import Pairs
from worldprobe.measures.probes import fit_probe
from worldprobe.stats.r2 import r2_per_column
from worldprobe.train import ENCODERS, OBJECTIVES, PairData, TrainingSettings, embed, train
from worldprobe.world.world import WORLDS, World

FRESH_EPISODES, FRESH_ROWS = 200, 100

WORLD = "sinusoid"

LAMBDA = 0.05
"""SIGReg's weight: with a tenth of it embeddings are not quite Gaussian, and recover what SIGReg's optimum does not."""


@dataclass(frozen=True)
class Logged:
    """A policy's log and fresh episodes of the same policy, in units of the log's own mean and sd."""

    pairs: Pairs
    fresh: np.ndarray

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


def recovery(world: World, logged: Logged, *, seed: int = 0, steps: int = 3000, lamda: float = LAMBDA) -> np.ndarray:
    """Train on the log's pairs with LeJEPA; return R^2 per state of fresh states, 0 for one that never moves.

    The embedding has as many dimensions as states move: a prediction is for so many.
    """
    log, fresh = logged.pairs, logged.fresh
    moves = fresh.std(axis=0) > 1e-9
    encoder = ENCODERS["mlp"](width=128, depth=4).build(world.observation_shape, max(int(moves.sum()), 1), seed)
    settings = TrainingSettings(steps=steps, batch=256, lr=3e-3)
    train(
        encoder,
        OBJECTIVES["lejepa"](**{"lambda": lamda}),
        PairData(world.observe(log.controls), log.index),
        settings,
        seed,
    )
    h = embed(encoder, world.observe(fresh))
    order = np.random.default_rng(seed).permutation(len(fresh))
    fitted, scored = order[: len(order) // 2], order[len(order) // 2 :]
    found = np.zeros(fresh.shape[1])
    found[moves] = r2_per_column(fresh[scored][:, moves], fit_probe(h[fitted], fresh[fitted][:, moves])(h[scored]))
    return found


@cache
def trained(collected: Collected, seeds: int, steps: int, lamda: float = LAMBDA) -> np.ndarray:
    """Return recovery per state, mean over seeds; a log that is asked for again is not trained on again."""
    return np.mean(
        [
            recovery(WORLDS[WORLD](), Logged.of(collected, seed), seed=seed, steps=steps, lamda=lamda)
            for seed in range(seeds)
        ],
        axis=0,
    )
