"""What the recovery callback costs a training loop."""

from __future__ import annotations

from doc_tables.markdown import markdown, recorded


def callback_cost(file: str) -> str:
    """Return the seconds of a step, of a measurement, and the share of the latter, for every encoder."""
    rows = []
    for name, found in recorded(file)["results"].items():
        share = found["share at every 1000 steps"]
        rows.append(
            [
                name,
                f"{found['seconds of a step']['median']:.2f} s",
                f"{found['seconds of a measurement']['median']:.2f} s",
                f"{100 * share['median']:.2f} %",
                f"{100 * share['max']:.2f} %",
            ]
        )
    return markdown(["encoder", "one step", "one measurement", "share at every 1,000 steps", "largest"], rows)
