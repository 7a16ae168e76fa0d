"""Tables of the camera studies and of how fast they run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from PIL import Image

from doc_tables.markdown import by_role, markdown, number, recorded

Row = dict[str, Any]
IMAGES = Path(__file__).parents[2] / "docs" / "img"

REFERENCES = {
    "ceiling": "*ceiling*: the same encoder, supervised with the true controls",
    "floor": "*floor*: the same encoder, untrained",
    "pixels": "*no encoder*: ridge regression on raw pixels, supervised",
}
EXPLORATIONS = {
    "gaussian": "every control moves, Ornstein-Uhlenbeck pairs",
    "cinematic": "shots as a camera operator makes them",
    "yaw-only": "the camera only turns",
}


def recovery(file: str) -> str:
    """Return mean R², its interval, best and worst control of every exploration, then the references."""
    rows = []
    for name, row in by_role(recorded(file)["summary"]).items():
        measured = row["role"] == "measured"
        what = f"**{name}**: {EXPLORATIONS[name]}" if measured else REFERENCES[name]
        mean, (low, high) = number(row["r2"]["mean"], 3), row["r2"]["ci95"]
        ranked = sorted(row["r2_per_control"].items(), key=lambda each: each[1]["mean"])
        worst, best = (f"{control} {number(r2['mean'])}" for control, r2 in (ranked[0], ranked[-1]))
        mean = f"**{mean}**" if measured else mean
        rows.append((measured, [what, mean, f"{number(low, 3)} to {number(high, 3)}", best, worst]))
    ordered = [row for _, row in sorted(rows, key=lambda each: not each[0])]
    return markdown(["exploration", "mean R²", "95 % interval", "best control", "worst control"], ordered)


def pictured(file: str) -> str:
    """Return the caption of the README's picture, from the numbers that the picture carries."""
    with Image.open(IMAGES / file) as picture:
        shown = json.loads(picture.text["worldprobe"])
    r2 = {name: number(value) for name, value in shown["r2"].items()}
    explored = ", ".join(f"{name} {r2[name]}" for name in EXPLORATIONS)
    seeds = "one seed" if shown["seeds"] == 1 else f"{shown['seeds']} seeds"
    return (
        f"*Mean R² of six camera controls: {explored}; the same encoder untrained {r2['floor']}, supervised "
        f"{r2['ceiling']}. {shown['frames']:,} frames each, {shown['steps']:,} steps, {seeds}.*"
    )


def against_thresholds(file: str) -> str:
    """Return what the study `camera` was required to reach, and what it reached."""
    asked = recorded(file)["asked"]
    rows = []
    for name, row in asked.items():
        limit = f"at least {row['at least']:g}" if "at least" in row else f"at most {row['at most']:g}"
        rows.append([name.replace("R2", "R²"), limit, f"{row['found']:g}"])
    return markdown(["", "required", "reached"], rows)


STUDIES_FIT_ON = 20_000
"""Frames that studies at 32 px fit the ridge regression on raw pixels on."""


def companions(symmetric: str, scoped: str) -> str:
    """Return the mean R² of the symmetric and of the scoped room."""
    rooms = [by_role(recorded(file)["summary"]) for file in (symmetric, scoped)]
    labels = {name: name for name in EXPLORATIONS} | REFERENCES
    rows = [[label, *(number(room[name]["r2"]["mean"], 3) for room in rooms)] for name, label in labels.items()]
    floors = recorded("pixel_floor.json")["results"]
    read = [{row["frames"]: row["r2"] for row in floors[f"room-{room}"]} for room in ("symmetric", "scoped")]
    rows[-1] = [labels["pixels"], *(number(by_frames[STUDIES_FIT_ON], 3) for by_frames in read)]
    return markdown(["mean R²", "symmetric room, 6 controls", "furnished room, 3 controls"], rows)


def pixel_floor() -> str:
    """Return what ridge regression reads from raw pixels, by world and number of labelled frames."""
    rows = []
    for world, found in recorded("pixel_floor.json")["results"].items():
        for row in found:
            each = ", ".join(f"{name} {number(r2)}" for name, r2 in row["r2_per_control"].items())
            rows.append([f"`{world}`", f"{row['frames']:,}", number(row["r2"], 3), each, _whole_seconds(row)])
    return markdown(["world, 32 px", "labelled frames", "mean R²", "by control", "seconds of the fit"], rows)


def _whole_seconds(row: Row) -> str:
    return f"{row['seconds']:.0f}" if "seconds" in row else "not recorded"


def two_runs(symmetric: str, scoped: str, predicted: str, audits: str) -> str:
    """Return both runs side by side: what the audit found, what was predicted, what was trained and what is missing."""
    files = {file.removesuffix(".json"): recorded(file) for file in (symmetric, scoped)}
    predictions = recorded(predicted)["rows"]
    seconds = recorded(audits)["results"]
    rows: dict[str, list[str]] = {}
    for study, file in files.items():
        found = by_role(file["summary"])
        mine = {row["regime"]: row for row in predictions if row["study"] == study}
        column = {
            "before training, gates on the world": _gates(file["audit"]["not passed"], world=True),
            "gates on `gaussian`": _gates(file["audit"]["not passed"], world=False),
            "predicted from controls, gaussian / cinematic / yaw-only": " / ".join(
                _prediction(mine[name]) for name in EXPLORATIONS
            ),
            "**trained, gaussian**": _trained(found["gaussian"]),
            "trained, cinematic / yaw-only": " / ".join(
                number(found[name]["r2"]["mean"], 3) for name in ("cinematic", "yaw-only")
            ),
            "supervised": _trained(found["ceiling"]),
            "untrained": number(found["floor"]["r2"]["mean"], 3),
            "R² that gaussian lacks: scene / data / optimisation": _lacks(mine["gaussian"]),
            "gaussian minus cinematic": number(found["gaussian"]["r2"]["mean"] - found["cinematic"]["r2"]["mean"]),
            "the audit, three explorations": f"{seconds[study]['seconds']:.0f} seconds",
        }
        for name, cell in column.items():
            rows.setdefault(name, []).append(cell)
    head = ["", *(f"`{study}`" for study in files)]
    return markdown(head, [[name, *cells] for name, cells in rows.items()])


def _gates(gates: list[Row], *, world: bool) -> str:
    """Return the failing and the warning gates on the world, whose subject names no exploration, or on gaussian."""
    mine = [g for g in gates if (":" not in g["subject"] if world else g["subject"].startswith("gaussian:"))]
    parts = []
    for verdict, word in (("fail", "fail"), ("warn", "warn")):
        found = [f"{g['gate']} of {g['subject']}" for g in mine if g["verdict"] == verdict]
        if found:
            parts.append(f"{word}: {', '.join(found)}")
    return "; ".join(parts) or "all pass"


def _prediction(row: Row) -> str:
    if row["predicted"] is not None:
        return number(row["predicted"])
    return f"{number(min(row['candidates']))} to {number(max(row['candidates']))}" if row["candidates"] else "refused"


def _trained(row: Row) -> str:
    return f"**{number(row['r2']['mean'], 3)}**, yaw {number(row['r2_per_control']['yaw']['mean'])}"


def _lacks(row: Row) -> str:
    return " / ".join(number(row["parts"][part]) for part in ("scene", "data", "optimisation"))


def path_traced(file: str) -> str:
    """Return recovery from rasterised and from path-traced frames."""
    found = recorded(file)
    both = [by_role(found[renderer]["summary"]) for renderer in ("raster", "cycles")]
    labels = {"gaussian": "LeJEPA, gaussian", "ceiling": "supervised", "pixels": "raw pixels", "floor": "untrained"}
    rows = [[label, *(number(one[name]["r2"]["mean"], 3) for one in both)] for name, label in labels.items()]
    return markdown(["mean R², three controls", "raster", "Cycles, 4 samples"], rows)


def speed() -> str:
    """Return how fast worlds are drawn and encoders trained, with the spread over repeats."""
    raster, sigreg = recorded("raster.json")["results"], recorded("sigreg.json")["results"]
    training, poses = recorded("training.json")["results"], recorded("raster_against_cycles.json")["psnr_db"]
    rows = [
        ["raster, furnished room, 32 px", "frames/s", *_spread(raster["raster 32 px"])],
        ["raster, furnished room, 64 px", "frames/s", *_spread(raster["raster 64 px"])],
        ["raster over Cycles (2 samples, no bounces), 64 px", "times", *_spread(raster["raster over cycles, 64 px"])],
        [
            "raster over Cycles (2 samples, 2 bounces: the same light as the raster's), 64 px",
            "times",
            *_spread(raster["raster over cycles with bounces, 64 px"]),
        ],
        [
            "raster against converged Cycles, 16 canonical poses at 64 px",
            "dB (median, range)",
            *_spread({**poses, "asked": poses["asked"]["median"]}),
        ],
        [
            "training, this encoder at 32 px",
            "frames/s",
            *_spread({**training["patchify, auto"]["frames per second"], "asked": training["patchify, auto"]["asked"]}),
        ],
        ["SIGReg forward and backward, plain formula over ours", "times", *_spread(sigreg["plain over ours"])],
        [
            "SIGReg forward and backward, `torch.compile` of the plain formula over ours",
            "times",
            *_spread(sigreg["torch.compile of plain over ours"]),
        ],
    ]
    return markdown(["", "unit", "median", "range over repeats", "required"], rows)


def speed_gpu() -> str:
    """Return how fast worlds are drawn and SIGReg is computed on a GPU, with the spread over repeats."""
    rows = [[name, "frames/s", *_spread(row)] for name, row in recorded("raster-gpu.json")["results"].items()]
    return _speeds([*rows, *_sigreg("sigreg-cuda.json")])


def sigreg(file: str) -> str:
    """Return what SIGReg costs beside the plain formula, with the spread over repeats."""
    return _speeds(_sigreg(file))


def _speeds(rows: list[list[str]]) -> str:
    return markdown(["", "unit", "median", "range over repeats"], [row[:4] for row in rows])


def _sigreg(file: str) -> list[list[str]]:
    found = recorded(file)["results"]
    return [[f"SIGReg, {name}", *_unit(name), *_spread(row)] for name, row in found.items() if "median" in row]


def _unit(name: str) -> list[str]:
    return ["ms" if name.endswith(", ms") else "times"]


def stacked(file: str) -> str:
    """Return the milliseconds of one model and step, trained one after another and all at once."""
    found = recorded(file)["results"]
    rows = [
        ["one after another, plain formula", "ms", *_spread(found["one after another, ms"])],
        ["all at once", "ms", *_spread(found["ours, ms"])],
        ["all at once, float32", "ms", *_spread(found["ours, fp32, ms"])],
        ["speed-up", "times", *_spread(found["one after another over ours"])],
        ["speed-up, float32", "times", *_spread(found["one after another over ours, fp32"])],
    ]
    return markdown(["", "unit", "median", "range over repeats", "required"], rows)


def _spread(found: Row) -> list[str]:
    asked = "" if found.get("asked") is None else _short(found["asked"])
    return [_short(found["median"]), f"{_short(found['min'])} to {_short(found['max'])}", asked]


def _short(value: float) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.1f}"
