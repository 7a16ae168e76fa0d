"""The table of the room whose light and colours are controls: against Cycles, exposure, speed."""

from __future__ import annotations

from typing import Any

from doc_tables.markdown import markdown, number, recorded


def lit_light(file: str) -> str:
    """Return how near frames are to Cycles', how they are exposed, and their speed beside the fixed room's."""
    found = recorded(file)
    cycles, exposure, speed = found["cycles"], found["exposure"], found["speed"]
    asked = cycles["psnr_db"]["asked"]
    views = f"{cycles['poses']} poses under {cycles['settings']} settings"
    rows = [
        [
            f"PSNR against Cycles, {views}, dB",
            *_spread(cycles["psnr_db"]),
            f"{asked['median']:g}, worst {asked['min']:g}",
        ],
        ["of light alone, dB", *_spread(cycles["light_alone_psnr_db"]), ""],
        ["of light and colours, dB", *_spread(cycles["light_and_colour_psnr_db"]), ""],
        ["two halves of Cycles' paths with each other, dB", *_spread(cycles["cycles_halves_psnr_db"]), ""],
    ]
    for size, part in speed.items():
        if isinstance(part, dict):
            rows.append([f"frames/s at {size} over those of `room`", *_spread(part["ratio"], 2), f"{speed['asked']:g}"])
    black, burnt = exposure["share_of_pixels_black"], exposure["share_of_pixels_burnt_out"]
    rows.append([f"pixels burnt out, of {exposure['frames']:,} frames", *_shares(burnt), ""])
    rows.append([f"pixels black, of {exposure['frames']:,} frames", *_shares(black), ""])
    return markdown(["what", "median", "range", "asked"], rows)


def _spread(values: dict[str, float], digits: int = 1) -> list[str]:
    return [number(values["median"], digits), f"{number(values['min'], digits)} to {number(values['max'], digits)}"]


def _shares(values: dict[str, Any]) -> list[str]:
    return [f"{100 * values['median']:.0f} %", f"{100 * values['min']:.0f} to {100 * values['max']:.0f} %"]
