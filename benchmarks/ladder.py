"""One assumption broken at a time, by degrees: trained recovery, prediction and what the audit says.

    python benchmarks/ladder.py [--steps 2000] [--seeds 3] [--only VIOLATION ...] [--kept FILE]
    python benchmarks/ladder.py --audits [--only VIOLATION ...]    # predict and audit anew, trainings as recorded

The world is a nonlinear mixing of the plane, the exploration two Gaussian walks of pair correlation .8, the objective
LeJEPA. Every violation is applied at severities 1/4, 1/2 and 1: results/ladder.json, and docs/img/ladder.svg from it.
R^2 is that of fresh pairs of the same exploration, "canonical" that of independent N(0, I) controls, each with a probe
of its own. The prediction and the audit see the controls alone. Steps and lambda were chosen on the training without a
violation: 2,000 steps reach .99 with lambda .01, .98 with .05 and .81 with .2.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

import worldprobe as wp
from ladder_curves import draw
from machine import RESULTS, described
from tables import rewrite
from trained_on_controls import rounded
from worldprobe._util.files import write_json
from worldprobe._util.seeds import stream
from worldprobe.audits.gate import Gate
from worldprobe.explore import REGIMES, Pairs
from worldprobe.measures.probes import fit_probe
from worldprobe.predictor.log_prediction import predict_log
from worldprobe.predictor.predict import predict
from worldprobe.stats.r2 import r2_per_column
from worldprobe.train import ENCODERS, OBJECTIVES, PairData, StackMember, TrainingSettings, embed, train_stack
from worldprobe.world import Control
from worldprobe.world.world import WORLDS

WORLD, RHO, FRAMES, FRESH, LAMBDA = "sinusoid", 0.8, 20_000, 10_000, 0.01
SEVERITIES = (0.25, 0.5, 1.0)
CONTROLS = [Control(name, "", 1.0, "a control") for name in ("z1", "z2")]
GAP = RHO - RHO**2
"""Between the linear features' pair correlation and the next one's, in the Gaussian world."""

SPECTRAL_GAP = "spectral-gap"
"""The gate whose value is what is left of the gap."""

Noise = Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]
"""From observations, controls and a generator to what the sensor makes of them; pairs are consecutive rows."""


@dataclass(frozen=True)
class Rung:
    """An exploration, a sensor, and how the encoder is trained."""

    pairs: Callable[[np.random.Generator, int], Pairs]
    sensor: Noise | None = None
    d: int = 2
    share_of_steps: float = 1.0


def explored(name: str, **settings: Any) -> Rung:
    """Return a rung that differs from the clean one in the regime."""
    regime = REGIMES[name](**settings)
    return Rung(lambda rng, frames: regime.sample(frames, CONTROLS, rng))


def truncated(reach: float) -> Rung:
    """Return Gaussian pairs of which only those with both members within reach are kept."""

    def draw_pairs(rng: np.random.Generator, frames: int) -> Pairs:
        kept = np.empty((0, 2, 2), dtype=np.float32)
        while len(kept) < frames // 2:
            z = REGIMES["gaussian"](rho=RHO).sample(4 * frames, CONTROLS, rng).controls.reshape(-1, 2, 2)
            kept = np.concatenate([kept, z[(np.abs(z) < reach).all(axis=(1, 2))]])
        return Pairs(kept[: frames // 2].reshape(-1, 2), np.arange(frames).reshape(-1, 2))

    return Rung(draw_pairs)


def occluded(share: float) -> Noise:
    """Return a sensor that does not see z2 above a quantile."""
    return lambda x, z, rng: WORLDS[WORLD]().observe(
        np.stack([z[:, 0], np.minimum(z[:, 1], np.quantile(z[:, 1], 1.0 - share))], axis=1).astype(np.float32)
    )


def per_episode(amount: float) -> Noise:
    """Return a sensor that adds a number to the observation's first entry, the same for both members of a pair."""
    return lambda x, z, rng: x + amount * np.repeat(rng.standard_normal(len(x) // 2), 2)[:, None] * np.eye(1, 2)


def noisy(amount: float) -> Noise:
    """Return a sensor with noise of its own in every frame."""
    return lambda x, z, rng: x + amount * x.std(axis=0) * rng.standard_normal(x.shape)


CLEAN = explored("gaussian", rho=RHO)
UNPAIRED = explored("gaussian", rho=0.0).pairs
"""The canonical test points: independent N(0, I)."""

VIOLATIONS: dict[str, tuple[str, Callable[[float], Rung]]] = {
    "non-Gaussian marginal": (
        "shape alpha 2 to 0.5",
        lambda s: explored("generalised-normal", alpha=2.0 * 0.25**s, rho=RHO, pairing="siblings"),
    ),
    "drift": ("centre moves by 0 to 2 sd", lambda s: explored("drift", amount=2.0 * s, rho=RHO)),
    "state-dependent noise": ("amount 0 to 1", lambda s: explored("state-noise", amount=s, rho=RHO)),
    "unequal rho": ("rho of z2 0.8 to 0.1", lambda s: explored("gaussian", rho={"z1": RHO, "z2": RHO - 0.7 * s})),
    "truncation": ("range +-4 to +-0.5 sd", lambda s: truncated(4.0 * 0.125**s)),
    "correlated controls": ("correlation 0 to 0.98", lambda s: explored("correlated", correlation=0.98 * s, rho=RHO)),
    "jumps": ("share of steps 0 to 0.9", lambda s: explored("jumps", p=0.9 * s, rho=RHO)),
    "occlusion": ("z2 unseen in 0 to 80 % of frames", lambda s: replace(CLEAN, sensor=occluded(0.8 * s))),
    "nuisance per episode": ("added, 0 to 2", lambda s: replace(CLEAN, sensor=per_episode(2.0 * s))),
    "sensor noise": ("0 to 1 sd", lambda s: replace(CLEAN, sensor=noisy(s))),
    "wrong width": ("d 2 to 8", lambda s: replace(CLEAN, d={0.25: 3, 0.5: 4, 1.0: 8}[s])),
    "early stop": ("all to 1/64 of the steps", lambda s: replace(CLEAN, share_of_steps=64.0**-s)),
}


def drawn(rung: Rung, frames: int, seed: int, kind: str) -> tuple[Pairs, np.ndarray]:
    """Return pairs of standardised controls and what is observed."""
    pairs = rung.pairs(stream(seed, kind), frames)
    x = WORLDS[WORLD]().observe(pairs.controls)
    if rung.sensor is not None:
        x = rung.sensor(x, pairs.controls, stream(seed, kind, "sensor")).astype(np.float32)
    return pairs, x


def trained(rungs: list[Rung], steps: int, seeds: int) -> list[list[np.ndarray]]:
    """Return R^2 per control, within the exploration and canonical, of every rung and seed; equal sizes are a stack."""
    found: dict[tuple[int, int], np.ndarray] = {}
    groups: dict[tuple[int, float], list[tuple[int, int]]] = {}
    for place, rung in enumerate(rungs):
        groups.setdefault((rung.d, rung.share_of_steps), []).extend((place, seed) for seed in range(seeds))
    for (d, share), members in groups.items():
        stack = []
        for place, seed in members:
            pairs, x = drawn(rungs[place], FRAMES, seed, "train")
            encoder = ENCODERS["mlp"](width=64, depth=3).build((2,), d, seed)
            objective = OBJECTIVES["lejepa"](**{"lambda": LAMBDA})
            stack.append(StackMember(encoder, objective, PairData(x, pairs.index), seed))
        train_stack(stack, TrainingSettings(steps=max(round(steps * share), 1), batch=256, lr=5e-3))
        for member, (place, seed) in zip(stack, members, strict=True):
            own, anywhere = rungs[place], replace(rungs[place], pairs=UNPAIRED)
            found[place, seed] = np.stack([recovered(member, rung, seed) for rung in (own, anywhere)])
    return [[found[place, seed] for seed in range(seeds)] for place in range(len(rungs))]


def recovered(member: StackMember, rung: Rung, seed: int) -> np.ndarray:
    """Return R^2 per control on fresh draws of a rung: a probe is fitted on half of them, chosen at random."""
    pairs, x = drawn(rung, 2 * FRESH, seed, "fresh")
    order = stream(seed, "halves").permutation(len(x))  # where the centre drifts, halves in time differ
    h, z = embed(member.encoder, x)[order], pairs.controls.astype(np.float64)[order]
    return r2_per_column(z[FRESH:], fit_probe(h[:FRESH], z[:FRESH])(h[FRESH:]))


@cache
def said(
    pairs: Callable[[np.random.Generator, int], Pairs], d: int, names: tuple[str, ...] = ("z1", "z2"), gap: float = GAP
) -> dict[str, Any]:
    """Return the prediction, what is left of the spectral gap, and the audit's verdict with the gates that object.

    `gap` is the one where nothing is violated.
    """
    drawn, n = pairs(stream(0, "train"), FRAMES), len(names)
    audit = wp.audit(drawn, names=list(names))
    found = audit.parts[0].predicted if d == n else predict_log(drawn, list(names), d=d)
    spectrum = predict(drawn.first, drawn.second, "whitening", d=n + 1, rng=stream(0, "spectrum")).pair_correlations
    return {
        "predicted": rounded(found.r2 if found else None),
        "predicted ci95": rounded(found.ci95 if found else None),
        "approximate": bool(found and found.approximate),
        "refused": found.refused if found else None,
        "gap": None if spectrum is None else rounded((spectrum[n - 1] - spectrum[n]) / gap),
        "verdict": audit.verdict.value,
        "gates": {name: _worst([gate for gate in audit.gates if gate.gate == name]) for name in _names(audit.gates)},
    }


def _names(gates: Sequence[Gate]) -> list[str]:
    return list(dict.fromkeys(gate.gate for gate in gates))


def _worst(gates: Sequence[Gate]) -> dict[str, Any]:
    """Return the worst verdict, and the value that passes least or fails most."""
    order = ("pass", "warn", "fail")
    worst = max(order.index(gate.verdict.value) for gate in gates)
    kept = [gate for gate in gates if gate.verdict.value == order[worst]]
    sign = -1.0 if worst else 1.0
    gate = min(kept, key=lambda gate: sign * abs(gate.value - gate.threshold))
    value, threshold = (rounded(x) if np.isfinite(x) else None for x in (gate.value, gate.threshold))
    return {"verdict": order[worst], "value": value, "threshold": threshold}


def ladder(name: str, steps: int, seeds: int) -> list[dict[str, Any]]:
    """Return the rungs of one violation; the clean one is called none."""
    severities = SEVERITIES if name in VIOLATIONS else (0.0,)
    rungs = [VIOLATIONS[name][1](s) if s else CLEAN for s in severities]
    rows = []
    for severity, rung, runs in zip(severities, rungs, trained(rungs, steps, seeds), strict=True):
        own, canonical = np.array(runs).swapaxes(0, 1)
        row = {"violation": name, "severity": severity, "trained": rounded(list(own.mean(axis=1)))}
        row |= {"trained per control": rounded(own.mean(axis=0)), "canonical": rounded(list(canonical.mean(axis=1)))}
        rows.append(row | said(rung.pairs, rung.d))
        print(rows[-1], flush=True)
    return rows


def shown(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rungs of one violation with the gates that object at any of them, and all where nothing is violated."""
    raised = {name for row in rows for name, gate in row["gates"].items() if gate["verdict"] != "pass"} | {SPECTRAL_GAP}
    return [
        row | {"gates": {name: gate for name, gate in row["gates"].items() if not row["severity"] or name in raised}}
        for row in rows
    ]


def audited_anew(names: Sequence[str]) -> None:
    """Write the record with what prediction and audit say now of some violations."""
    file = RESULTS / "ladder.json"
    document = json.loads(file.read_text(encoding="utf8"))
    kept: dict[str, list[dict[str, Any]]] = {}
    for row in document["rows"]:
        name, severity = row["violation"], row["severity"]
        if name in names:
            rung = VIOLATIONS[name][1](severity) if severity else CLEAN
            row |= said(rung.pairs, rung.d)
            print(name, severity, row["predicted"], row["verdict"], flush=True)
        kept.setdefault(name, []).append(row)
    rows = [row for name, each in kept.items() for row in (shown(each) if name in names else each)]
    document |= {
        "audits by": document.get("audits by", {}) | dict.fromkeys(names, described()["versions"]),
        "rows": rows,
    }
    write_json(file, document)
    draw(document)
    rewrite()


def main() -> None:
    """Train, predict, audit, write and draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--only", nargs="+", choices=["none", *VIOLATIONS], help="print these, write nothing")
    parser.add_argument("--kept", type=Path, help="rows are kept here, so that an interrupted run goes on")
    parser.add_argument("--audits", action="store_true", help="predict and audit anew, with the trainings as recorded")
    given = parser.parse_args()
    if given.audits:
        audited_anew(given.only or ["none", *VIOLATIONS])
        return
    kept = json.loads(given.kept.read_text(encoding="utf8")) if given.kept and given.kept.exists() else {}
    kept.setdefault("machine", described())
    for name in given.only or ["none", *VIOLATIONS]:
        if name not in kept:
            kept[name] = ladder(name, given.steps, given.seeds)
        if given.kept:
            write_json(given.kept, kept)
    if given.only:
        return
    document = {
        "what": "One assumption broken at a time: trained recovery, prediction and what the audit says",
        "settings": {"steps": given.steps, "seeds": given.seeds, "world": WORLD, "rho": RHO, "lambda": LAMBDA},
        "machine": kept["machine"],
        "scales": {name: scale for name, (scale, _) in VIOLATIONS.items()},
        "rows": [row for name in ["none", *VIOLATIONS] for row in shown(kept[name])],
    }
    write_json(RESULTS / "ladder.json", document)
    draw(document)
    rewrite()


if __name__ == "__main__":
    main()
