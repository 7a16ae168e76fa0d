"""Tables of trials of the predictor and of the decomposition: coverage, sizes, interventions."""

from __future__ import annotations

from typing import Any

from doc_tables.markdown import RESULTS, markdown, number, recorded


def coverage(file: str) -> str:
    """Return how often intervals over random worlds hold the answer, and how many worlds are refused."""
    found = recorded(file)
    summary, settings = found["summary"], found["settings"]
    kinds: dict[str, list[bool]] = {}
    for row in found["rows"]:
        kinds.setdefault(_kind(row["world"]), []).append(row["ci95"] is not None)
    rows = [
        ["random worlds", str(summary["worlds"])],
        ["pairs in each", f"{settings['pairs']:,}" if settings["pairs"] else "20,000 to 100,000"],
        ["refused", f"{summary['refused share']:.1%}"],
        ["intervals that hold the answer", f"{summary['covered share']:.1%}"],
        ["largest distance of an answer from its interval", f"{summary['worst miss']:.3f}"],
        *([f"answered: {kind}", f"{sum(known)} of {len(known)}"] for kind, known in sorted(kinds.items())),
    ]
    if "dependent" in summary:
        own = summary["dependent"]
        rows.append(["a control that follows from others: worlds", str(own["worlds"])])
        rows.append(["refused, as it should be where little noise is left", f"{own['refused share']:.1%}"])
        rows.append(["intervals of the others that hold the answer", f"{own['covered share']:.1%}"])
    return markdown(["what", "result"], rows)


def _kind(world: str) -> str:
    if world.startswith("rho"):
        return "reflection"
    name = world.split(",")[0]
    return f"{name}, mixed" if world.endswith("mixed") else name


def sizes(file: str) -> str:
    """Return what is answered for Gaussian pairs whose ideal R² is 1, over numbers of controls and of pairs."""
    rows = []
    for row in recorded(file)["sizes"]:
        known = row["ci95"] is not None
        width = number((row["ci95"][1] - row["ci95"][0]) if known else None, 3)
        kind = "approximate" if row["approximate"] else "full" if known else "refused"
        rows.append([str(row["n"]), f"{row['pairs']:,}", number(row["r2"], 3), width, kind, f"{row['seconds']:.1f}"])
    return markdown(["controls", "pairs", "R²", "width of the interval", "prediction", "seconds"], rows)


def hard(file: str) -> str:
    """Return predictions without a closed form over several searches, and what small trained encoders recover."""
    rows = []
    for name, case in recorded(file)["results"].items():
        answers = [_interval(each) for each in case["predicted"]]
        trained = ["; ".join(number(_mean(run), 3) for run in runs) for runs in case["trained"].values()]
        rows.append([name, "; ".join(dict.fromkeys(answers)), *trained])
    weights = list(next(iter(recorded(file)["results"].values()))["trained"])
    return markdown(["controls", "predicted (95 %)", *(f"trained, lambda {weight}" for weight in weights)], rows)


def dependent(file: str) -> str:
    """Return what encoders recover where the last control is a function of the others and noise, by the noise."""
    found, rows = recorded(file), []
    weights = [key for key in found["longer"][0] if key not in ("world", "steps")]
    for name, by_noise in found["results"].items():
        for noise, row in by_noise.items():
            ideal = number(row["ideal"] if float(noise) else None)
            read = [_each_run(row[weight]) for weight in weights]
            rows.append([f"{name} + {noise} e", number(max(row["explained"])), ideal, *read])
    for row in found["longer"]:
        read = [_each_run(row[weight]) for weight in weights]
        rows.append([f"{row['world']}, {row['steps']:,} steps", "", "", *read])
    head = ["last control", "share explained", "ideal, mean R²", *(f"trained, lambda {weight}" for weight in weights)]
    return markdown(head, rows)


def _each_run(runs: list[dict[str, Any]]) -> str:
    return "; ".join(", ".join(number(value) for value in run["r2 per control"]) for run in runs)


def starts(file: str) -> str:
    """Return where encoders end that start at the linear map and at a fold, by SIGReg's weight."""
    rows = []
    for weight, ends in recorded(file)["results"].items():
        for start, run in ends.items():
            read = ", ".join(number(value) for value in run["r2 per control"])
            rows.append([weight, start, read, number(run["total"]), number(run["loss"])])
    return markdown(["lambda", "start", "R² of z1, z2", "total pair correlation", "loss"], rows)


def _interval(row: dict[str, Any]) -> str:
    if row["r2"] is None:
        return "refused"
    return f"{row['r2']:.3f} ({row['ci95'][0]:.3f} to {row['ci95'][1]:.3f})"


def _mean(run: dict[str, Any]) -> float:
    each = run["history"][-1]["r2 per control"]
    return float(sum(each) / len(each))


def interventions(file: str) -> str:
    """Return the part that was named in every planted case, and what each intervention added to R²."""
    if not (RESULTS / file).exists():
        return f"Not recorded: there is no `benchmarks/results/{file}`."
    parts = ("regime", "scene", "data", "optimisation")
    rows = [
        [
            row["case"],
            number(row["r2"]),
            f"{row['named']} {_within(row['parts'], row['parts ci95'], row['named'])}",
            *(_within(row["gained"], row["gained ci95"], part) for part in parts),
            "yes" if row["holds"] else "no",
        ]
        for row in recorded(file)["rows"]
    ]
    return markdown(["planted", "R²", "largest part", *(f"{part} mended" for part in parts), "holds"], rows)


def drawn_interventions(file: str) -> str:
    """Return, of every drawn fault, what was said of it, what mending it and the others added, how often it held."""
    if not (RESULTS / file).exists():
        return f"Not recorded: there is no `benchmarks/results/{file}`."
    found = recorded(file)
    seeds, rows = found["settings"]["seeds"], []
    for row in found["rows"]:
        part = row["planted"]
        low, high = row["gained less said ci95"]
        others = max(gain for other, gain in row["gained"].items() if other != part)
        rows.append(
            [
                row["case"],
                f"{number(row['r2'])} ({number(min(row['r2 per seed']))} to {number(max(row['r2 per seed']))})",
                f"{part}, {row['named in']} of {seeds}",
                f"{number(row['parts'][part])} / {number(row['gained'][part])}",
                f"{number(row['gained less said'])} ({number(low)} to {number(high)})",
                number(others),
                f"{row['holds in']} of {seeds}",
                "yes" if row["holds"] else "no",
            ]
        )
    total = [f"**{found['holds']} of {len(rows)}**", f"**{found['holds in']} of {found['trainings']}**"]
    rows.append(["**all**", "", f"**{found['named in']} of {found['trainings']}**", "", "", "", total[1], total[0]])
    head = ["drawn fault", "R² (range)", "planted part, named in", "said / added by mending it", "difference (95 %)"]
    return markdown([*head, "most added by another", "holds in trainings", "in their means"], rows)


def _within(means: dict[str, float], intervals: dict[str, list[float] | None], part: str) -> str:
    """Return a mean with half of its interval; without one where nothing varies."""
    ends = intervals[part]
    half = 0.0 if ends is None else (ends[1] - ends[0]) / 2
    return number(means[part]) if half < 0.005 else f"{number(means[part])} ± {half:.2f}"
