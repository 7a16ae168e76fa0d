"""The command line: lists, refusals in one message, exit statuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

# The command as installed: through `python -m`, an interrupt that passed an import's `exec` kills Python with the
# signal at its very end, whatever status it was told to exit with.
COMMAND = Path(sys.executable).with_name("worldprobe")


def worldprobe(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], cwd=cwd, capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "camara"), "Did you mean 'camera'?"),
        (("run", "camera", "--preset", "cup"), "Did you mean 'cpu'?"),
        (("run", "camera", "regimes.gaussian.rho=1"), "less than 1"),
        (("run", "camera", "frames=0"), "greater than or equal to 64"),
        (("run", "camera", "frames=9000000000"), "GB of memory"),
        (("render", "roon"), "Did you mean 'room'?"),
        (("render", "room", "--controls", "jaw=1"), "Did you mean 'yaw'?"),
        (("render", "room", "--controls", "yaw=left"), "name=number pairs"),
        (("report", "nowhere"), "nowhere"),
    ],
)
def test_a_mistake_is_one_message_and_exit_status_2(arguments: tuple[str, ...], message: str, tmp_path: Path) -> None:
    done = worldprobe(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("command", "name"), [("worlds", "room-symmetric"), ("regimes", "cinematic")])
def test_the_lists_are_also_json(command: str, name: str, tmp_path: Path) -> None:
    assert name in worldprobe(command, cwd=tmp_path).stdout
    assert name in json.loads(worldprobe(command, "--json", cwd=tmp_path).stdout)


def test_a_still_is_drawn_at_named_controls(tmp_path: Path) -> None:
    done = worldprobe("render", "room", "--controls", "yaw=1.5,truck=-1", "--size", "64", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "room.png").stat().st_size > 1000


def test_an_unwritable_results_folder_is_named_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf8")
    done = worldprobe("run", "camera", "--preset", "smoke", "--out", "file/results", cwd=tmp_path)
    assert done.returncode == 2
    assert "file/results cannot be written" in done.stderr


def test_the_smoke_preset_goes_from_nothing_to_a_report(tmp_path: Path) -> None:
    done = worldprobe("run", "camera-scoped", "--preset", "smoke", "--out", "out", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "report.html").stat().st_size > 100_000
    assert "Report: out/report.html" in done.stdout


def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(tmp_path: Path) -> None:
    child = subprocess.Popen(
        [COMMAND, "run", "camera-scoped", "training.steps=1000000", "--preset", "smoke", "--out", "out"],
        cwd=tmp_path,
        env={**os.environ, "WORLDPROBE_CACHE": str(tmp_path / "cache")},
        stderr=subprocess.PIPE,
        text=True,
        # What a shell starts in the background ignores Ctrl-C, and so would this.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    assert child.stderr is not None
    try:
        while "rendering gaussian held-out" not in (line := child.stderr.readline()):
            assert line, "it ended before it trained"
        time.sleep(1)
        child.send_signal(signal.SIGINT)
        rest = child.communicate(timeout=60)[1]
    finally:
        child.kill()
    assert child.returncode == 130, rest
    assert "the same command continues" in rest
    assert "Traceback" not in rest
