"""A made-up results folder, for tests of the report alone: plausible arrays, no world and no training behind them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

CONTROLS = ("truck", "pedestal", "dolly", "yaw", "pitch", "roll")
UNITS = ("m", "m", "m", "°", "°", "°")
TITLE = "Six camera controls in a <furnished> room"  # angle brackets: whatever a study is called must be escaped
QUALITY = {"gaussian": 0.97, "cinematic": 0.2, "yaw-only": 0.12}
SPREAD = {"gaussian": (1.0,) * 6, "cinematic": (0.7, 0.3, 0.8, 0.9, 0.25, 0.02), "yaw-only": (0, 0, 0, 1.0, 0, 0)}
CORRELATION = {"gaussian": 0.7, "cinematic": 0.98, "yaw-only": 0.7}
POINTS = 500


def write_example(folder: Path, *, seeds: int = 1, hero: bool = True, memorising: bool = True) -> dict[str, Any]:
    """Write a results folder of three regimes and their floors and ceiling; return what results.json holds."""
    rng = np.random.default_rng(7)
    runs = [_run(folder, rng, regime, seed, memorising) for regime in QUALITY for seed in range(seeds)]
    runs += [_reference(rng, role, r2) for role, r2 in (("ceiling", 0.985), ("floor", 0.31), ("pixels", 0.46))]
    results = {
        "study": {"name": "camera", "title": TITLE, "preset": "cpu"},
        "command": "worldprobe run camera --preset cpu --out results/camera",
        "machine": {"cpu": "two cores", "memory": "8 GiB", "system": "Linux"},
        "versions": {"worldprobe": "0.1.0", "torch": "2.13.0", "numpy": "1.26.4"},
        "controls": [
            {"name": n, "unit": u, "scale": 0.5, "limit": 1.8 if u == "m" else None, "meaning": f"the camera's {n}"}
            for n, u in zip(CONTROLS, UNITS, strict=True)
        ],
        "explorations": [_exploration(folder, rng, regime) for regime in QUALITY],
        "runs": runs,
        "summary": [_summary([r for r in runs if (r["regime"], r["role"]) == cell]) for cell in _cells(runs)],
        "seconds_total": 412.7,
        "peak_memory_bytes": 2_345_678_901,
    }  # fmt: skip
    if hero:
        _room(960, 540, 0.0).save(folder / "hero.png")
    (folder / "results.json").write_text(json.dumps(results), encoding="utf8")
    return results


def _run(folder: Path, rng: np.random.Generator, regime: str, seed: int, memorising: bool) -> dict[str, Any]:
    truth = rng.standard_normal((POINTS, 6))
    moved = np.asarray(SPREAD[regime]) > 0.5
    quality = np.clip(
        QUALITY[regime] * (1 if regime == "gaussian" else 2.4 * moved) + rng.normal(0, 0.01, 6), 0.005, 0.99
    )
    read = quality * truth + np.sqrt(quality * (1 - quality)) * rng.standard_normal(truth.shape)
    each = 1 - ((truth - read) ** 2).mean(axis=0) / truth.var(axis=0)
    rho = CORRELATION[regime]
    steps = np.arange(0, 1000, 5)
    optimum = 2 * (1 - rho) * float(moved.mean())
    fell = memorising and regime == "cinematic"
    decay = np.exp(-steps / 120)
    noise = np.exp(rng.normal(0, 0.04, len(steps)))
    curves = {
        "loss": (optimum + 1.2 * decay) * noise,
        "train_alignment": optimum * (0.45 if fell else 1.04) * noise + 0.9 * decay,
        "heldout_alignment": optimum * (2.1 if fell else 1.1) * noise + 0.9 * decay,
    }
    name = f"{regime}-lejepa-{seed}"
    target = folder / "runs" / name
    target.mkdir(parents=True)
    np.savez(target / "arrays.npz", truth=truth.astype("f4"), recovered=read.astype("f4"), step=steps, **curves)
    training = {
        "steps": 1000,
        "parameters": 750_208,
        "frames_per_second": 2874.25,
        "final": {key: float(curve[-1]) for key, curve in curves.items()},
        "curves": list(curves),
        "alignment_optimum": optimum,
        "memorising": fell,
        "warnings": ["The encoder is memorising: more frames help, more steps not."] if fell else [],
    }
    applies = regime == "gaussian"
    bound = {
        "applies": applies,
        "reason": "Gaussian controls" if applies else "this regime's controls are not N(0, 1)",
        "delta": 0.0312 if applies else None,
        "epsilon": 0.141 if applies else None,
        "value": 0.0943 if applies else None,
        "error": 0.0711 if applies else None,
    }
    return _record(name, regime, "lejepa", seed, "measured", each, bound, training)


def _reference(rng: np.random.Generator, role: str, r2: float) -> dict[str, Any]:
    bound = {"applies": False, "reason": "no pairs were trained on"}
    each = np.clip(r2 + rng.normal(0, 0.01 if role == "ceiling" else 0.1, 6), -0.05, 0.995)
    return _record(role, "canonical", role, 0, role, each, bound, None)


def _record(
    name: str, regime: str, objective: str, seed: int, role: str, each: np.ndarray, bound: dict[str, Any], training: Any
) -> dict[str, Any]:
    recovery = {
        "r2": float(each.mean()),
        "r2_per_control": dict(zip(CONTROLS, map(float, each), strict=True)),
        "r2_ci95": [float(each.mean()) - 0.012, float(each.mean()) + 0.011],
        "r2_per_control_ci95": {c: [float(v) - 0.021, float(v) + 0.017] for c, v in zip(CONTROLS, each, strict=True)},
        "r2_controls_to_embedding": float(each.mean()) - 0.004,
        "r2_own_probe": None if role == "pixels" else float(each.mean()) - 0.05,
        "r2_in_regime": None if regime == "canonical" else dict(zip(CONTROLS, map(float, each), strict=True)),
        "orthogonality": None if role == "pixels" else 0.2345,
        "procrustes": None if role == "pixels" else 0.3456,
        "bound": bound,
    }
    seconds = {"render": 31.25, "train": 88.5, "measure": 2.125}
    return {
        "id": name, "world": "room", "regime": regime, "objective": objective, "seed": seed, "role": role, "axes": {},
        "d": 6, "recovery": recovery, "training": training, "seconds": seconds,
    }  # fmt: skip


def _cells(runs: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return list(dict.fromkeys((run["regime"], run["role"]) for run in runs))


def _summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    def interval(values: list[float]) -> dict[str, Any]:
        half = float(np.std(values)) * 2 + 0.013
        return {"mean": float(np.mean(values)), "ci95": [float(np.mean(values)) - half, float(np.mean(values)) + half]}

    first, recoveries = runs[0], [run["recovery"] for run in runs]
    per_control = {c: interval([r["r2_per_control"][c] for r in recoveries]) for c in CONTROLS}
    r2 = interval([r["r2"] for r in recoveries])
    verdict = (
        "Recovered: every control can be read linearly, the worst (roll) at R² 0.96."
        if r2["mean"] > 0.9
        else "Not recovered: pedestal and roll moved but cannot be read; yaw can be read only in part."
    )
    return {
        "world": "room", "regime": first["regime"], "objective": first["objective"], "role": first["role"], "axes": {},
        "seeds": len(runs), "interval": "seeds" if len(runs) > 1 else "test points", "r2": r2,
        "r2_per_control": per_control, "verdict": verdict,
    }  # fmt: skip


def _exploration(folder: Path, rng: np.random.Generator, regime: str) -> dict[str, Any]:
    spread = np.asarray(SPREAD[regime], dtype=float)
    z = rng.standard_normal((2000, 6)) * spread
    if regime == "cinematic":
        z[:, 0] = 1.4 * np.sin(np.linspace(0, 9, 2000)) + rng.normal(0, 0.1, 2000)
    (folder / "explorations").mkdir(parents=True, exist_ok=True)
    np.savez(folder / "explorations" / f"{regime}.npz", z=z.astype("f4"))
    sheet = Image.new("RGB", (8 * 33 - 1, 6 * 33 - 1), "white")
    for place in range(48):
        sheet.paste(_room(32, 32, float(z[place * 40, 3])), (place % 8 * 33, place // 8 * 33))
    sheet.save(folder / "explorations" / f"{regime}.png")
    still = spread == 0
    return {
        "id": regime,
        "regime": regime,
        "label": regime,
        "axes": {},
        "settings": {"rho": 0.7} if regime != "cinematic" else {"stride": 2},
        "frames": 40_000,
        "pairs": 20_000,
        "mean": dict(zip(CONTROLS, map(float, z.mean(axis=0)), strict=True)),
        "sd": dict(zip(CONTROLS, map(float, z.std(axis=0)), strict=True)),
        "excess_kurtosis": {c: None if s else float(rng.normal(0, 0.1)) for c, s in zip(CONTROLS, still, strict=True)},
        "pair_correlation": {c: None if s else CORRELATION[regime] for c, s in zip(CONTROLS, still, strict=True)},
        "exact_pair_correlation": dict.fromkeys(CONTROLS, 0.7) if regime == "gaussian" else None,
        "exact_marginal": "N(0, 1)" if regime == "gaussian" else None,
        "predicted": {},
    }


def _room(width: int, height: int, turn: float) -> Image.Image:
    """Draw floor, wall, window and a lamp, turned a little: enough to see how pictures sit in the page."""
    image = Image.new("RGB", (width, height), "#d9cdbd")
    draw, shift = ImageDraw.Draw(image), -turn * width / 6
    draw.rectangle((0, height * 0.68, width, height), fill="#8c6f56")
    for left, colour in ((0.12, "#a9c7d9"), (0.55, "#c7573f"), (0.8, "#3f6f5f")):
        draw.rectangle((left * width + shift, height * 0.2, (left + 0.18) * width + shift, height * 0.55), fill=colour)
    draw.ellipse((0.4 * width + shift, height * 0.1, 0.5 * width + shift, height * 0.1 + 0.1 * width), fill="#fff3c4")
    return image
