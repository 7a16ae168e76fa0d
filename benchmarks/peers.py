"""What the audit finds on this package's own regimes: the scale that an audit's numbers are read on.

    python benchmarks/peers.py [--frames 20000]

Writes src/worldprobe/results/peers.json, which ships with the package: independent draws, coverage, predicted R^2 and
failing kinds of gate of every regime, from Gaussian exploration to policies.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np

import worldprobe as wp
from worldprobe._util.files import write_json
from worldprobe.explore import REGIMES
from worldprobe.world.world import WORLDS

PEERS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "gaussian, independent pairs": ("room", "gaussian", {"rho": 0.7}),
    "gaussian, clips of 16": ("room", "gaussian", {"rho": 0.7, "clip": 16}),
    "gaussian, clips of 200 at 0.98": ("room", "gaussian", {"rho": 0.98, "clip": 200}),
    "flat tails (shape 8)": ("room", "generalised-normal", {"alpha": 8.0, "rho": 0.7, "pairing": "siblings"}),
    "heavy tails (shape 1/2)": ("room", "generalised-normal", {"alpha": 0.5, "rho": 0.7, "pairing": "siblings"}),
    "jumps in a tenth of the steps": ("room", "jumps", {"p": 0.1, "rho": 0.9, "clip": 16}),
    "narrow (a fifth of the range)": ("room", "narrow", {"scale": 0.2, "clip": 16}),
    "cinematic camera paths": ("room", "cinematic", {}),
    "yaw alone": ("room", "yaw-only", {}),
    "arm, random torques": ("arm", "random-torque", {}),
    "arm, policy": ("arm", "policy", {}),
}
"""By name: world, regime and its settings; from broad to narrow."""


def peer(world: str, regime: str, settings: dict[str, Any], frames: int) -> dict[str, Any]:
    """Return what the audit finds on one regime."""
    controls = WORLDS[world]().controls
    pairs = REGIMES[regime](**settings).sample(frames, controls, np.random.default_rng(0))
    found = wp.audit(pairs, names=[control.name for control in controls])
    part = found.parts[0]
    values = {(gate.gate, gate.subject): gate.value for gate in found.gates}
    covered = [value for (gate, _), value in values.items() if gate == "coverage"]
    answer, ideal = part.answer, part.against_ideal
    return {
        "draws": None if answer is None else round(answer.draws),
        "coverage": None if not covered else round(min(covered), 3),
        "r2": None if answer is None else round(answer.r2, 3),
        "failing_kinds": None if ideal is None else len(ideal.failing),
        "limits": None if answer is None or not answer.causes else answer.causes[0].cause,
    }


def main() -> None:
    """Audit every regime, write the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=20_000)
    given = parser.parse_args()
    rows = []
    for name, (world, regime, settings) in PEERS.items():
        rows.append({"name": name, "world": world, **peer(world, regime, settings, given.frames)})
        print(rows[-1], flush=True)
    path = Path(__file__).parents[1] / "src" / "worldprobe" / "results" / "peers.json"
    write_json(path, {"command": f"python benchmarks/peers.py --frames {given.frames}", "peers": rows})


if __name__ == "__main__":
    main()
