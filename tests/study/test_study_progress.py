"""Progress of a whole study: which run of how many, and the time left in total."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from worldprobe._util.progress import LineReporter, SilentReporter, duration
from worldprobe.datasets import Store
from worldprobe.study import load_study, run_study
from worldprobe.study.study_progress import Workload


class Recorder(SilentReporter):
    """Keeps what it is given to show."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.shares: list[float] = []
        self.tasks: list[str] = []

    @contextmanager
    def task(self, label: str, total: int, unit: str) -> Iterator:
        self.tasks.append(label)
        with super().task(label, total, unit) as advance:
            yield advance

    @contextmanager
    def overall(self) -> Iterator:
        def show(text: str, share: float, left: float) -> None:
            assert 0.0 <= share <= 1.0
            assert left >= 0.0
            self.shares.append(share)
            if not self.texts or self.texts[-1] != text:
                self.texts.append(text)

        yield show


@pytest.mark.slow
@pytest.mark.usefixtures("few_predicted")
def test_a_study_says_which_run_of_how_many_and_continues_where_it_was(study_file: Path, store: Store) -> None:
    shown, again = Recorder(), Recorder()
    out = study_file.parent / "out"
    run_study(load_study(study_file), out, store=store, reporter=shown)
    assert [text.partition(":")[0] for text in shown.texts] == [
        "exploration 1 of 2",
        "exploration 2 of 2",
        "runs 1 to 2 of 5",
        *(f"run {number} of 5" for number in range(3, 6)),
    ]
    assert shown.shares[-1] > 0.9
    assert any(task.startswith("predicting") for task in shown.tasks)
    for path in (out / "runs" / "narrow__lejepa__seed0").glob("run.json"):
        path.unlink()
    run_study(load_study(study_file), out, store=store, reporter=again)
    assert again.texts == ["run 5 of 5: narrow__lejepa__seed0"]
    assert not any(task.startswith("rendering") for task in again.tasks)


def test_time_left_follows_the_measured_pace() -> None:
    work = Workload()
    work.plan("steps", 100)
    work.spend("steps", 25, 50.0)
    assert work.seconds_left == pytest.approx(150.0)
    work.plan("steps", -75)
    assert work.seconds_left == 0.0


def test_steps_done_before_count_as_done_and_not_into_the_rate(capsys: pytest.CaptureFixture[str], monkeypatch) -> None:
    clock = iter([0.0, *[10.0] * 10])
    monkeypatch.setattr("worldprobe._util.progress.time.monotonic", lambda: next(clock))
    with LineReporter().task("training", 2000, "steps") as advance:
        advance.skip(800)
        advance(40, "loss 0.1")
    assert "training: 840/2,000 steps, 4 steps/s, 5 min left loss 0.1" in capsys.readouterr().err


@pytest.mark.parametrize(("seconds", "text"), [(-1, "0 s"), (45.2, "45 s"), (240, "4 min"), (7560, "2.1 h")])
def test_durations_are_as_precise_as_they_deserve(seconds: float, text: str) -> None:
    assert duration(seconds) == text
