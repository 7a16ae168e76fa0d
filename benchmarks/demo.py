"""Where the time of `make demo` goes, in processor seconds by part: results/demo.json.

    python benchmarks/demo.py [--preset cpu]     # a quarter of an hour on two cores

The audit and the study `camera` are made as `make demo` makes them, from an empty cache, but in one process, so that
every second belongs to one part; `make demo` itself trains two encoders at a time. Processor seconds count all threads:
parts that use both cores (rendering) take half of theirs in wall time, those that use one take all.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest.mock import patch

from machine import RESULTS, described
from worldprobe._util.files import write_json
from worldprobe._util.progress import reporter
from worldprobe.datasets import Store
from worldprobe.reports import write_report
from worldprobe.study import load_study, run_study
from worldprobe.study.audit_study import keep_audit

PARTS = {
    "predictions of the audit": "worldprobe.study.audited_exploration.predict_shown",
    "gates on the world": "worldprobe.study.audit_study._of_world",
    "gates on explorations": "worldprobe.study.audited_exploration.audit_regime",
    "what limits an exploration": "worldprobe.study.audited_exploration.answered",
    "rendering": "worldprobe.datasets.store.render",
    "predictions of the study": "worldprobe.study.explorations.predict_ceilings",
    "training": "worldprobe.study.train_group._train",
    "measuring": "worldprobe.study.carry_out.score_run",
    "conclusions": "worldprobe.study.resumable_run.conclude_study",
}
"""What is timed, by the name under which it is called; one inside another counts for the inner one alone."""


class Timers:
    """Processor and wall seconds of every part, of which one runs at a time."""

    def __init__(self) -> None:
        self.seconds: dict[str, list[float]] = {}
        self._open: list[str] = []
        self._since = time.process_time(), time.perf_counter()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Charge what happens in the context to a part."""
        self._charge()
        self._open.append(name)
        try:
            yield
        finally:
            self._charge()
            self._open.pop()

    def _charge(self) -> None:
        now = time.process_time(), time.perf_counter()
        spent = self.seconds.setdefault(self._open[-1] if self._open else "the rest", [0.0, 0.0])
        spent[:] = [total + end - start for total, end, start in zip(spent, now, self._since, strict=True)]
        self._since = now


def timed(timers: Timers, name: str, call: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that charges what a call takes to a part."""

    def instead(*given: Any, **named: Any) -> Any:
        with timers.part(name):
            return call(*given, **named)

    return instead


def main() -> None:
    """Audit, run, report; write what each part took."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--preset", default="cpu")
    given = parser.parse_args()
    study, machine = load_study("camera", [], given.preset), described()
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        out, timers = Path(name) / "demo", Timers()
        for part, place in PARTS.items():
            module, _, function = place.rpartition(".")
            original = getattr(__import__(module, fromlist=[function]), function)
            stack.enter_context(patch(place, timed(timers, part, original)))
        with timers.part("the rest of the audit"):
            keep_audit(study, out, reporter=reporter())
        results = run_study(study, out, store=Store(Path(name) / "datasets"), reporter=reporter())
        with timers.part("report"):
            write_report(out)
        timers._charge()
    total = [sum(each[place] for each in timers.seconds.values()) for place in (0, 1)]
    rows = {
        part: {"processor seconds": round(spent[0], 1), "seconds": round(spent[1], 1), "share": spent[0] / total[0]}
        for part, spent in sorted(timers.seconds.items(), key=lambda item: -item[1][0])
    }
    document = {
        "machine": machine,
        "preset": given.preset,
        "processor seconds": round(total[0], 1),
        "seconds": round(total[1], 1),
        "parts": rows,
        "r2": {run.id: run.recovery.r2 for run in results.runs},
    }
    write_json(RESULTS / ("demo.json" if given.preset == "cpu" else f"demo-{given.preset}.json"), document)
    for part, row in rows.items():
        print(f"{part}: {row}")


if __name__ == "__main__":
    main()
