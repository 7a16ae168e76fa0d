"""What a newcomer types, on damaged recordings of every format: an answer, or one line and exit status 2."""

from __future__ import annotations

import random
import shutil
import warnings
from contextlib import suppress
from pathlib import Path

import pytest

from cli.calling import call
from recordings.mutations import mutate
from recordings.samples import SAMPLES, WRITERS

ATTEMPTS = 5


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("name", SAMPLES)
def test_an_audit_of_damaged_data_answers_or_says_why_not_in_one_line(name: str, tmp_path: Path) -> None:
    if name in WRITERS:
        pytest.importorskip(WRITERS[name])
    good = tmp_path / "good"
    good.mkdir()
    relative = SAMPLES[name](good).relative_to(good)
    files = sorted(file.relative_to(good) for file in good.rglob("*") if file.is_file())
    for attempt in range(ATTEMPTS):
        draw = random.Random(f"{name} by the command {attempt}")
        bad = tmp_path / str(attempt)
        shutil.copytree(good, bad)
        with suppress(Exception), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            mutate(bad / draw.choice(files), draw)
        done = call("audit", "--data", str(bad / relative))
        said = [line for line in done.err.splitlines() if not line.startswith("Auditing ")]
        assert done.status in (0, 1, 2), (attempt, done)
        if done.status == 2:
            assert len(said) == 1, (attempt, done)
            assert said[0].startswith("worldprobe: ")
