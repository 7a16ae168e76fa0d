"""The picture at the head of the README, docs/img/three-explorations.png, from a results folder of the study `camera`.

    python benchmarks/readme_picture.py demo

Three columns, one for each exploration: frames as the encoder receives them (every pixel enlarged by a whole number),
recovered controls against true ones on canonical test frames, and the mean R² between floor and ceiling. The file
carries its numbers as text, from which the README's caption is written; where they are not those of
benchmarks/results/camera.json, a warning says so.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import yaml
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from doc_tables.markdown import by_role, recorded
from tables import rewrite
from worldprobe.world import WORLDS

TARGET = Path(__file__).parents[1] / "docs" / "img" / "three-explorations.png"
WIDTH, HEIGHT, SCALE = 830, 436, 2  # CSS pixels of GitHub's column, drawn for a display of twice the density
LEFT, RIGHT, GUTTER = 40, 10, 26
FRAMES = 3
FRAMES_TOP, SCATTER_TOP, SCATTER_HEIGHT, NUMBER_TOP = 44, 136, 192, 366
SHOWN_POINTS = 700  # test frames in a scatter plot; each is one dot per control
RANGE = 3.2  # standard deviations
INK, MUTED, RULE = "#1f2328", "#59636e", "#d1d9e0"
COLOURS = ("#0a7d5a", "#b35900", "#6639ba")
SUBTITLES = {
    "gaussian": "every control moves",
    "cinematic": "shots of a camera operator",
    "yaw-only": "the camera only turns",
}


def columns(folder: Path) -> list[dict[str, Any]]:
    """Return label, frames, true and recovered controls and R² of every exploration that LeJEPA was trained on."""
    results = json.loads((folder / "results.json").read_text(encoding="utf8"))
    r2 = {row["regime"]: row["r2"]["mean"] for row in results["summary"] if row["role"] == "measured"}
    frames = frames_of(folder, list(r2))
    found = []
    for run in results["runs"]:
        if run["role"] == "measured" and run["seed"] == results["runs"][0]["seed"]:
            arrays = np.load(folder / "runs" / run["id"] / "arrays.npz")
            points = {name: arrays[name][:SHOWN_POINTS] for name in ("truth", "recovered")}
            found.append({"label": run["regime"], "frames": frames[run["regime"]], "r2": r2[run["regime"]], **points})
    return found


def caption(folder: Path) -> dict[str, Any]:
    """Return what the picture shows, for its caption: R² by regime and reference, and the budget."""
    results = json.loads((folder / "results.json").read_text(encoding="utf8"))
    study = results["study"]
    r2 = {name: row["r2"]["mean"] for name, row in by_role(results["summary"]).items()}
    return {"r2": r2, "frames": study["frames"], "steps": study["training"]["steps"], "seeds": len(study["seeds"])}


def departures(r2: dict[str, float]) -> list[str]:
    """Return the values that differ from the recorded ones by more than one in the last digit shown."""
    known = {name: row["r2"]["mean"] for name, row in by_role(recorded("camera.json")["summary"]).items()}
    return [f"{name} {r2[name]:.3f}, recorded {known[name]:.3f}" for name in r2 if abs(r2[name] - known[name]) > 0.01]


def references(folder: Path) -> dict[str, float]:
    """Return the R² of the untrained encoder (floor) and of the supervised one (ceiling)."""
    results = json.loads((folder / "results.json").read_text(encoding="utf8"))
    roles = {row["role"]: row["r2"]["mean"] for row in results["summary"]}
    return {role: roles[role] for role in ("floor", "ceiling")}


def frames_of(folder: Path, regimes: list[str]) -> dict[str, np.ndarray]:
    """Draw a few of the states that each exploration visited, at the size that was trained on."""
    settings = dict(yaml.safe_load((folder / "study.yaml").read_text(encoding="utf8"))["study"]["world"])
    with WORLDS[settings.pop("name")].model_validate(settings) as world:
        found = {}
        for regime in regimes:
            z = np.load(folder / "explorations" / f"{regime}.npz")["z"]
            # Between the ends: a log's first and last states are often its start and its rest.
            found[regime] = world.observe(z[np.linspace(0, len(z) - 1, FRAMES + 2).astype(int)[1:-1]])
    return found


def draw(parts: list[dict[str, Any]], floor: float, ceiling: float) -> Image.Image:
    """Return the picture."""
    mpl.rcParams.update({"font.family": "DejaVu Sans", "text.color": INK, "axes.edgecolor": RULE})
    figure = Figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100 * SCALE, facecolor="white")
    width = (WIDTH - LEFT - RIGHT - GUTTER * (len(parts) - 1)) / len(parts)
    for i, part in enumerate(parts):
        left = LEFT + i * (width + GUTTER)
        colour = COLOURS[i % len(COLOURS)]
        write(figure, left, 16, part["label"], size=11, weight="bold")
        write(figure, left, 34, SUBTITLES.get(part["label"], ""), size=8, colour=MUTED)
        scatter(place(figure, left, SCATTER_TOP, width, SCATTER_HEIGHT), part, colour, first=i == 0)
        number(figure, left, width, part["r2"], floor, ceiling, colour)
        controls = part["truth"].shape[1]
        write(figure, left + width, NUMBER_TOP + 12, f"mean of {controls} controls", size=8, colour=MUTED, ha="right")
    picture = rendered(figure)
    for i, part in enumerate(parts):
        strip(picture, part["frames"], LEFT + i * (width + GUTTER), width)
    return picture


def place(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Return axes at a place given in CSS pixels from the upper left corner."""
    return figure.add_axes((left / WIDTH, 1 - (top + height) / HEIGHT, width / WIDTH, height / HEIGHT))


def write(figure: Figure, x: float, y: float, text: str, *, size: float, colour: str = INK, **more: Any) -> None:
    """Write a line of text with its baseline's left end at (x, y) in CSS pixels."""
    figure.text(x / WIDTH, 1 - y / HEIGHT, text, fontsize=size * 0.72, color=colour, va="center_baseline", **more)


def scatter(axes: Axes, part: dict[str, Any], colour: str, *, first: bool) -> None:
    """Draw recovered against true controls, in standard deviations."""
    axes.plot([-RANGE, RANGE], [-RANGE, RANGE], color=MUTED, linewidth=0.8, dashes=(4, 3), zorder=1)
    axes.scatter(part["truth"].ravel(), part["recovered"].ravel(), s=1.6, color=colour, alpha=0.35, linewidths=0)
    axes.set(xlim=(-RANGE, RANGE), ylim=(-RANGE, RANGE), xticks=(-2, 0, 2), yticks=(-2, 0, 2))
    axes.tick_params(labelsize=6.2, labelcolor=MUTED, color=RULE, length=2, pad=2, labelleft=first)
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_xlabel("true control (sd)", fontsize=6.6, color=MUTED, labelpad=2)
    if first:
        axes.set_ylabel("recovered by linear regression", fontsize=6.6, color=MUTED, labelpad=1)


def number(figure: Figure, left: float, width: float, r2: float, floor: float, ceiling: float, colour: str) -> None:
    """Write the mean R² over a scale from 0 to 1 with the floor and the ceiling marked."""
    write(figure, left, NUMBER_TOP + 10, f"R² {r2:.2f}", size=22, colour=colour, weight="bold")
    axes = place(figure, left, NUMBER_TOP + 32, width, 8)
    axes.axis("off")
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.barh(0.5, 1, height=1, color="#eef1f4")
    axes.barh(0.5, max(r2, 0), height=1, color=colour)
    axes.vlines([floor, ceiling], -0.6, 1.6, color=INK, linewidth=1, clip_on=False)
    write(figure, left + floor * width, NUMBER_TOP + 54, f"untrained {floor:.2f}", size=8, colour=MUTED, ha="left")
    label = f"supervised {ceiling:.2f}"
    write(figure, left + min(ceiling, 1) * width, NUMBER_TOP + 54, label, size=8, colour=MUTED, ha="right")


def rendered(figure: Figure) -> Image.Image:
    """Return the figure as pixels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return Image.fromarray(np.asarray(canvas.buffer_rgba())[..., :3].copy())


def strip(picture: Image.Image, frames: np.ndarray, left: float, width: float) -> None:
    """Paste frames side by side, every pixel enlarged by the same whole number."""
    side = frames.shape[1]
    gap = 1 * SCALE
    times = int((width * SCALE - gap * (len(frames) - 1)) // (len(frames) * side))
    step = (width * SCALE - side * times) / (len(frames) - 1)
    for k, frame in enumerate(frames):
        large = Image.fromarray(frame).resize((side * times, side * times), Image.Resampling.NEAREST)
        picture.paste(large, (round(left * SCALE + k * step), FRAMES_TOP * SCALE))


def main() -> None:
    """Read the folder, write the picture."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--out", type=Path, default=TARGET)
    given = parser.parse_args()
    picture = draw(columns(given.folder), **references(given.folder))
    shown = caption(given.folder)
    text = PngInfo()
    text.add_text("worldprobe", json.dumps(shown))
    # 128 colours hold the frames' few tones and halve the file.
    picture.quantize(128, dither=Image.Dither.NONE).save(given.out, optimize=True, pnginfo=text)
    rewrite()
    print(f"Wrote {given.out}: {picture.width} x {picture.height}, {given.out.stat().st_size / 1000:.0f} kB")
    for line in departures(shown["r2"]):
        print(f"WARNING: not the recorded study: {line}")


if __name__ == "__main__":
    main()
