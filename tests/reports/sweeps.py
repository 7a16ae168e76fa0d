"""Made-up results of sweeps, for tests of the report alone: any axes, any R^2, no world and no training behind them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

Point = dict[str, Any]
POINTS = 64


def write_sweep(
    folder: Path,
    axes: Mapping[str, Sequence[Any]],
    r2: Callable[[str, Point], float],
    *,
    objectives: Sequence[str] = ("lejepa",),
    regimes: Mapping[str, Sequence[str]] | None = None,
    seeds: int = 2,
    spread: float = 0.01,
    controls: int | Callable[[Point], int] = 2,
    references: bool = True,
    predicted: Callable[[Point], float | None] = lambda point: None,
    study: Mapping[str, Any] | None = None,
    **quoted: Any,
) -> dict[str, Any]:
    """Write a results folder of regimes x objectives x axes; return what results.json holds.

    `regimes` names the axes that matter to each regime; seed k of a cell has R^2 `r2(objective, point) + k * spread`,
    evenly about its mean. `predicted` is the ceiling under SIGReg at a point, None a refusal. What `study` and
    further keywords hold goes into the study.
    """
    rng = np.random.default_rng(3)
    regimes = regimes or {"gaussian": tuple(axes)}
    size = controls if callable(controls) else lambda point: controls
    explorations, cells, runs = [], [], []
    for regime, mattering in regimes.items():
        for labels in product(*(axes[name] for name in mattering)):
            point = dict(zip(mattering, labels, strict=True))
            explorations.append(_exploration(folder, rng, regime, point, size(point), predicted(point)))
            cells += [(regime, objective, "measured", point) for objective in objectives]
    if references:
        cells.append(("canonical", "untrained", "floor", {}))
    for regime, objective, role, point in cells:
        many = seeds if role == "measured" else 1
        mean = r2(objective, point) if role == "measured" else 0.2
        offsets = spread * (np.arange(many) - (many - 1) / 2)
        runs += [
            _run(folder, rng, (regime, objective, role, point), seed, float(mean + offset), size(point))
            for seed, offset in enumerate(offsets)
        ]
    names = [f"z{i + 1}" for i in range(size(cells[0][3]))]
    results = {
        "study": {
            "name": "swept", "title": "A sweep", "axes": {name: {"values": [*values]} for name, values in axes.items()},
            **(study or {}), **quoted,
        },
        "command": "worldprobe run swept",
        "machine": {"cpu": "two cores"},
        "versions": {"worldprobe": "0.1.0"},
        "controls": [{"name": n, "unit": "", "scale": 1.0, "limit": 1e6, "meaning": "a bare number"} for n in names],
        "explorations": explorations,
        "runs": runs,
        "summary": [_summary([r for r in runs if _of(r) == cell]) for cell in cells],
        "seconds_total": 12.0,
        "peak_memory_bytes": 1_000_000,
    }  # fmt: skip
    (folder / "results.json").write_text(json.dumps(results), encoding="utf8")
    return results


def published(values: Sequence[tuple[str, Point, float]], **more: Any) -> dict[str, Any]:
    """Return what a study quotes: values of (objective, axes, R^2) under the gaussian regime."""
    listed = [{"regime": "gaussian", "objective": o, "axes": axes, "r2": r2} for o, axes, r2 in values]
    return {"source": "A paper, arXiv 0000.00000", "preset": "gpu", "values": listed, "deviations": [], **more}


def _of(run: dict[str, Any]) -> tuple[Any, ...]:
    return run["regime"], run["objective"], run["role"], run["axes"]


def _run(
    folder: Path, rng: np.random.Generator, cell: tuple[Any, ...], seed: int, r2: float, controls: int
) -> dict[str, Any]:
    regime, objective, role, point = cell
    name = "__".join([regime, objective, *(f"{k}-{v}" for k, v in point.items()), f"seed{seed}"])
    target = folder / "runs" / name
    target.mkdir(parents=True)
    truth = rng.standard_normal((POINTS, controls))
    kept = min(max(r2, 0.0), 1.0)
    read = kept * truth + np.sqrt(kept * (1 - kept)) * rng.standard_normal(truth.shape)
    curves = {"loss": np.linspace(1, 0.1, 9), "heldout_alignment": np.linspace(2, 0.2, 9)}
    np.savez(target / "arrays.npz", truth=truth.astype("f4"), recovered=read.astype("f4"), step=np.arange(9), **curves)
    each = dict.fromkeys([f"z{i + 1}" for i in range(controls)], r2)
    trained = role == "measured"
    bound = {
        "applies": trained, "reason": "made up",
        "delta": 0.01 if trained else None, "epsilon": 0.1 if trained else None,
        "value": 2 * (1 - kept) + 0.01 if trained else None, "error": (1 - kept) + 1e-3 if trained else None,
    }  # fmt: skip
    return {
        "id": name, "world": "spiral", "regime": regime, "objective": objective, "seed": seed, "role": role,
        "axes": point, "d": controls,
        "recovery": {
            "r2": r2, "r2_per_control": each, "r2_ci95": [r2 - 0.01, r2 + 0.01],
            "r2_per_control_ci95": {c: [r2 - 0.02, r2 + 0.02] for c in each}, "r2_controls_to_embedding": r2,
            "r2_own_probe": r2 if trained else None, "r2_in_regime": each if trained else None, "orthogonality": 0.1,
            "procrustes": 0.2, "bound": bound,
        },
        "training": {
            "steps": 8, "parameters": 100, "frames_per_second": 10.0, "curves": list(curves),
            "final": {k: float(v[-1]) for k, v in curves.items()}, "alignment_optimum": 0.2, "memorising": False,
            "warnings": [],
        } if trained else None,
        "seconds": {"render": 0.0, "train": 1.0, "measure": 0.1},
    }  # fmt: skip


def _summary(runs: list[dict[str, Any]]) -> dict[str, Any]:
    first, values = runs[0], [run["recovery"]["r2"] for run in runs]
    mean, half = float(np.mean(values)), 0.005 + 2 * float(np.std(values))
    interval = {"mean": mean, "ci95": [mean - half, mean + half]}
    return {
        **{key: first[key] for key in ("world", "regime", "objective", "role", "axes")},
        "seeds": len(runs), "interval": "seeds" if len(runs) > 1 else "test points", "r2": interval,
        "r2_per_control": dict.fromkeys(first["recovery"]["r2_per_control"], interval),
        "verdict": "As the numbers say.",
    }  # fmt: skip


def _exploration(
    folder: Path, rng: np.random.Generator, regime: str, point: Point, controls: int, r2: float | None
) -> dict[str, Any]:
    name = "__".join([regime, *(f"{k}-{v}" for k, v in point.items())])
    names = [f"z{i + 1}" for i in range(controls)]
    z = rng.standard_normal((POINTS, controls))
    (folder / "explorations").mkdir(parents=True, exist_ok=True)
    np.savez(folder / "explorations" / f"{name}.npz", z=z.astype("f4"))
    return {
        "id": name, "regime": regime, "label": regime, "axes": point, "settings": dict(point),
        "frames": 100, "pairs": 50,
        "mean": dict.fromkeys(names, 0.0), "sd": dict.fromkeys(names, 1.0),
        "excess_kurtosis": dict.fromkeys(names, 0.25), "pair_correlation": dict.fromkeys(names, -0.5),
        "exact_pair_correlation": None, "exact_marginal": "N(0, 1)",
        "predicted": {"sigreg": {
            "refused": "made up" if r2 is None else None, "proven": True,
            "r2": r2, "r2_per_control": None, "ci95": None,
            "r2_on_test": None if r2 is None else r2 - 0.1, "outside": None if r2 is None else 0.25,
        }},
    }  # fmt: skip
