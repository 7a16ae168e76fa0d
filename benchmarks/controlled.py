"""The controlled world: predicted and trained recovery under policies from rich to degenerate, results/controlled.json.

    python benchmarks/controlled.py [controls | policies | spectrum | predictions]

`controls`: rich policies in 2 to 16 controls, with an encoder that can undo the mixing. `policies`: the same world with
actions that are ever less varied in one direction. `spectrum`: one control ever less predictable, by its action's noise
or by feedback, with an encoder that can fold. Each part replaces its own rows. `predictions` trains nothing: for the
recorded rows, it predicts anew.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import numpy as np

from machine import RESULTS, described
from worldprobe._util.files import write_json
from worldprobe._util.seeds import stream
from worldprobe.audits import Gate
from worldprobe.audits.action_audit import audit_pair_actions
from worldprobe.explore import Controlled
from worldprobe.measures.probes import fit_probe
from worldprobe.measures.transition_recovery import recover_transition
from worldprobe.predictor.action_prediction import (
    predict_actions,
    predictive_sigreg_margin,
    predictive_whitening_margin,
)
from worldprobe.stats.r2 import r2_per_column
from worldprobe.train import (
    ENCODERS,
    FreshPairs,
    LeJEPAPredictive,
    PairData,
    StackMember,
    TrainingHistory,
    TrainingSettings,
    embed,
    predictor_of,
    train_stack,
)
from worldprobe.world import AdditiveCoupling, World

POINTS = 20_000
PREDICTED = 100_000
GATED = 20_000
RESTARTS = 3
"""Encoders that are trained for every policy in a part of `controls`; the one with the least final loss is kept."""
MOST_PREDICTED = 4
"""Controls up to which the prediction is made from samples; beyond, closed forms answer."""


def member(world: World, regime: Controlled, encoder: Any, objective: LeJEPAPredictive, seed: int) -> StackMember:
    """Return an encoder that trains on pairs that are drawn afresh."""
    n = len(world.controls)

    def draw(block: int, pairs: int) -> PairData:
        found = regime.sample(2 * pairs, world.controls, stream(seed, "fresh", block))
        return PairData(world.observe(found.controls), found.index, None, found.actions)

    network = encoder.build(world.observation_shape, n, seed)
    return StackMember(network, objective, FreshPairs(draw, regime.settings(), block_steps=16), seed)


def row(world: World, regime: Controlled, trained: StackMember, history: TrainingHistory) -> dict[str, Any]:
    """Return what was predicted and what was found, on the canonical points and of the transition."""
    n = len(world.controls)
    loop, rng = regime.closed_loop(n), stream(9, "controlled", "points")
    z = rng.standard_normal((POINTS, n)).astype(np.float32)
    h = embed(trained.encoder, world.observe(z))
    half = POINTS // 2
    r2 = r2_per_column(z[half:], fit_probe(h[:half], z[:half])(h[half:]))
    own = regime.sample(2 * POINTS, world.controls, rng)
    found = recover_transition(
        embed(trained.encoder, world.observe(own.first)),
        own.first,
        own.actions,
        predictor_of(history.predictor),
        loop,
        [f"a{i + 1}" for i in range(own.actions.shape[1])],
        rng,
    )
    rho = loop.canonical_correlations
    excited = gate_of(world, regime)
    return {
        "n": n,
        "regime": regime.settings(),
        "canonical_correlations": rho.tolist(),
        "whitening_margin": predictive_whitening_margin(rho),
        "sigreg_margin": predictive_sigreg_margin(rho, 4),
        "excitation": loop.least_excitation,
        "gate": {"verdict": excited.verdict.value, "value": excited.value, "advice": excited.advice},
        "trained": float(r2.mean()),
        "trained_per_control": r2.tolist(),
        "error": history.record.final["alignment"],
        "least_error": regime.exact_prediction_error(world.controls),
        **ahead(world, regime),
        "transition": found.model_dump(),
    }


def gate_of(world: World, regime: Controlled) -> Gate:
    """Return what the audit says of the policy's excitation."""
    pairs = regime.sample(GATED, world.controls, stream(0, "controlled", "audited"))
    gates = audit_pair_actions(pairs, [control.name for control in world.controls])
    return next(gate for gate in gates if gate.gate == "action-excitation")


def ahead(world: World, regime: Controlled) -> dict[str, Any]:
    """Return what is predicted before training, at the canonical points."""
    n = len(world.controls)
    rho = regime.closed_loop(n).canonical_correlations
    if n > MOST_PREDICTED:
        return {"predicted": 1.0 if predictive_sigreg_margin(rho, 4) > 0.0 else None, "refused": None, "candidates": []}
    pairs = regime.sample(PREDICTED, world.controls, stream(0, "controlled", "predicted"))
    test = stream(9, "controlled", "points").standard_normal((POINTS, n)).astype(np.float32)
    found = predict_actions(pairs, [control.name for control in world.controls]).record(test)
    candidates = [float(np.mean(list(own.values()))) for own in found.candidates]
    return {"predicted": found.r2_on_test, "refused": found.refused, "candidates": candidates}


def trained(
    world: World, regimes: list[Controlled], encoder: Any, objective: Any, settings: Any, restarts: int = 1
) -> list[dict]:
    """Train encoders for each policy, all in one stack, and return the rows of those with the least final loss."""
    start = time.perf_counter()
    members = [member(world, regime, encoder, objective, seed) for regime in regimes for seed in range(restarts)]
    histories = train_stack(members, settings)
    seconds, rows = time.perf_counter() - start, []
    for place, regime in enumerate(regimes):
        mine = range(place * restarts, (place + 1) * restarts)
        losses = [histories[i].record.final["loss"] for i in mine]
        best = mine[int(np.argmin(losses))]
        rows.append(row(world, regime, members[best], histories[best]) | {"losses": losses})
    for own in rows:
        own["seconds"] = seconds / len(rows)
        kept = {key: own[key] for key in ("n", "predicted", "trained", "whitening_margin", "sigreg_margin")}
        print(
            json.dumps(kept), {key: round(value, 5) for key, value in own["transition"].items() if np.isscalar(value)}
        )
    return rows


def controls() -> list[dict]:
    """Rich policies in 2 to 16 controls."""
    rows = []
    for n in (2, 4, 8, 16):
        encoder = ENCODERS["inverse-coupling"].model_validate({"depth": 4})
        objective = LeJEPAPredictive.model_validate({"lambda": 1e-5, "slices": 16, "predictor": "linear"})
        settings = TrainingSettings(
            steps=4000, batch=512, lr=1e-2, weight_decay=1e-6, schedule="cosine", precision="fp32"
        )
        regimes = [Controlled(), Controlled(feedback=0.5)]
        rows += trained(AdditiveCoupling(n=n), regimes, encoder, objective, settings, restarts=RESTARTS)
    return rows


def policies() -> list[dict]:
    """Two controls and two actions, the second ever less varied by itself, from rich to rank-deficient."""
    encoder = ENCODERS["inverse-coupling"].model_validate({"depth": 4})
    objective = LeJEPAPredictive.model_validate({"lambda": 1e-5, "slices": 16, "predictor": "linear"})
    settings = TrainingSettings(steps=4000, batch=512, lr=1e-2, weight_decay=1e-6, schedule="cosine", precision="fp32")
    regimes = [Controlled(feedback=0.5, action_noise=[1.0, own]) for own in (1.0, 0.3, 0.1, 0.03, 0.0)]
    return trained(AdditiveCoupling(n=2), regimes, encoder, objective, settings)


def spectrum() -> list[dict]:
    """Two controls, the second ever less predictable: action noise, then feedback."""
    encoder = ENCODERS["mlp"].model_validate({"width": 128, "depth": 3})
    objective = LeJEPAPredictive.model_validate({"lambda": 0.02, "slices": 64, "hidden": 64})
    settings = TrainingSettings(steps=4000, batch=256, lr=3e-3, weight_decay=1e-5, schedule="cosine", precision="fp32")
    base = {"coupled": False, "memory": [0.95, 0.3], "noise": [0.1, 0.7], "effect": 1.0}
    noise = [{"action_noise": [0.3, own]} for own in (0.2, 0.4, 0.7, 1.0, 1.5)]
    feedback = [{"action_noise": [0.3, 0.7], "feedback": own} for own in (0.2, 0.5, 0.8)]
    regimes = [Controlled.model_validate({**base, **own}) for own in (*noise, *feedback)]
    return trained(AdditiveCoupling(n=2), regimes, encoder, objective, settings)


PARTS = {"controls": controls, "policies": policies, "spectrum": spectrum}


def predict_anew(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return recorded rows with what is predicted now; the change of each is printed."""
    found = []
    for own in rows:
        again = ahead(AdditiveCoupling(n=own["n"]), Controlled.model_validate(own["regime"]))
        print(own["n"], "predicted", own["predicted"], "now", again["predicted"], "trained", own["trained"], flush=True)
        found.append(own | again)
    return found


def main() -> None:
    """Make the parts that were asked for, all of them otherwise."""
    asked, path = sys.argv[1:] or list(PARTS), RESULTS / "controlled.json"
    found = json.loads(path.read_text(encoding="utf8")) if path.exists() else {}
    for part in asked:
        found |= {own: predict_anew(found[own]) for own in PARTS} if part == "predictions" else {part: PARTS[part]()}
        write_json(path, {name: found[name] for name in PARTS if name in found} | {"machine": described()})


if __name__ == "__main__":
    main()
