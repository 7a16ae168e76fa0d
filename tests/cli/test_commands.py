"""The command line: lists, refusals in one message, exit statuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from cli.calling import Called, call
from worldprobe.cli.results_table import print_summary

# The command as installed: through `python -m`, an interrupt that passed an import's `exec` kills Python with the
# signal at its very end, whatever status it was told to exit with.
FORMAT_1 = Path(__file__).parents[1] / "results" / "format_1"
COMMAND = Path(sys.executable).with_name("worldprobe")


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def worldprobe(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([COMMAND, *arguments], capture_output=True, text=True, timeout=300)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("run", "camara"), "Did you mean 'camera'?"),
        (("run", "camera", "--preset", "cup"), "Did you mean 'cpu'?"),
        (("run", "camera", "regimes.gaussian.rho=1"), "less than 1"),
        (("run", "camera", "frames=0"), "greater than or equal to 64"),
        (("run", "camera", "frames=9000000000", "--out", "o"), "GB of memory"),
        (("run", "camera", "--device", "mps"), "device = 'mps' is not possible: allowed is "),
        (("run", "camera", "--device", "gpu"), "device = 'gpu' is not possible: allowed is auto, cpu or cuda"),
        (("run", "camera", "--unsigned"), "--protocol is missing: give a folder"),
        (("audit",), "Give either a study or --data PATH, and not both."),
        (("audit", "camera", "--data", "x.npz"), "Give either a study or --data PATH"),
        (("render", "roon"), "Did you mean 'room'?"),
        (("render", "room", "--controls", "jaw=1"), "Did you mean 'yaw'?"),
        (("render", "room", "--controls", "yaw=left"), "name=number pairs"),
        (("render", "room", "--controls", "yaw=nan"), "all of them finite"),
        (("render", "room", "--size", "0"), "greater than or equal to 1"),
        (("render", "room", "--size", "4096"), "--size = 4096 is not possible: allowed is less than or equal to 1024"),
        (
            ("render", "room", "--renderer", "foo"),
            "--renderer = 'foo' is not possible: allowed is 'raster' or 'cycles'",
        ),
        (("render", "room", "--views", "0"), "greater than or equal to 1"),
        (("render", "room", "--seed", "-1"), "greater than or equal to 0"),
        (("render", "spiral"), "'spiral' shows vectors of 2"),
        (("render", "spiral", "--size", "8"), "the world 'spiral' has no such setting"),
        (("render", "recording"), "Unknown world 'recording'"),
        (("render", "room", "--out", "nowhere/room.png"), "there is no folder nowhere"),
        (("render", "room", "--out", "room.xyz"), "a name that ends in .png"),
        (("report", "nowhere"), "nowhere"),
        (("open", "nowhere"), "nowhere holds no report.html"),
        (("worlds", "--include"), "--include is missing: give a Python file"),
        (("worlds", "--include", "nowhere.py"), "There is no file"),
        (("run", "a" * 5000), "aaa...: File name too long."),
        (("audit", "--data", "a" * 5000), "aaa...: File name too long."),
        (("run", "a\0b"), "It has the character U+0000"),
        (("run", "camera", "title=\udc80"), "It has the character U+DC80"),
        (("run", "camera", 'title="\\0"'), "title"),
        (("render", "room", "--out", "\x1b[31m.png"), "It has the character U+001B"),
    ],
)
def test_a_mistake_is_one_message_and_exit_status_2(arguments: tuple[str, ...], message: str, here: Path) -> None:
    done = call(*arguments)
    assert done.status == 2
    assert message in " ".join(done.err.replace("│", " ").split())
    assert done.out == ""
    left = [path.name for path in here.iterdir()]
    assert left in ([], ["o"]), "something was made before the mistake was found"


@pytest.mark.slow
def test_a_mistake_shows_no_traceback_to_a_person(here: Path) -> None:
    done = worldprobe("run", "camara")
    assert done.returncode == 2
    assert "Did you mean 'camera'?" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.slow_after(1)
@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("studies", "mixings-2d"),
        ("worlds", "room-symmetric"),
        ("regimes", "cinematic"),
        ("encoders", "patchify"),
        ("objectives", "lejepa"),
        ("gates", "deterministic"),
        ("formats", "lerobot"),
    ],
)
def test_the_lists_are_also_json(command: str, name: str) -> None:
    assert name in call(command).out
    assert name in json.loads(call(command, "--json").out)


def test_help_version_and_module() -> None:
    start = time.perf_counter()
    shown = worldprobe("--help")
    took = time.perf_counter() - start
    assert "Find out whether a world model can be learned" in shown.stdout
    assert took < 10.0, "half a second on a quiet machine; what a machine under load takes says little"
    assert call("-h").out == call("--help").out
    assert call("--version").out == "worldprobe 0.1.0\n"
    module = subprocess.run([sys.executable, "-m", "worldprobe", "--version"], capture_output=True, text=True)
    assert module.stdout == "worldprobe 0.1.0\n"


def test_help_loads_neither_torch_nor_numpy() -> None:
    code = (
        "import sys; from worldprobe.cli import main; sys.argv = ['worldprobe', '--help']\n"
        "try: main()\nexcept SystemExit: pass\n"
        "print(*{'torch', 'numpy', 'pydantic', 'scipy'} & set(sys.modules), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == ""


@pytest.mark.slow
def test_a_still_is_drawn_at_named_controls(here: Path) -> None:
    done = call("render", "room", "--controls", "yaw=1.5,truck=-1", "--size", "64")
    assert done.status == 0, done.err
    assert (here / "room.png").stat().st_size > 1000


def test_an_unwritable_results_folder_is_named_before_any_work(here: Path) -> None:
    (here / "file").write_text("", encoding="utf8")
    done = call("run", "camera", "--preset", "smoke", "--out", "file/results")
    assert done.status == 2
    assert "file/results cannot be written" in done.err


@pytest.fixture(scope="module")
def smoke(tmp_path_factory: pytest.TempPathFactory) -> tuple[Called, Path]:
    """The smoke preset of a study of a rendered world, run once, from nothing to a report; few frames are predicted."""
    out = tmp_path_factory.mktemp("smoke") / "out"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("worldprobe.study.study_predictions.FRAMES", 2000)
        return call("run", "camera-scoped", "--preset", "smoke", "--out", str(out)), out


@pytest.mark.slow
def test_the_smoke_preset_goes_from_nothing_to_a_report(smoke: tuple[Called, Path]) -> None:
    done, out = smoke
    assert done.status == 0, done.err
    assert (out / "report.html").stat().st_size > 100_000
    assert f"Report: {out}/report.html" in done.out


@pytest.mark.slow
def test_open_says_where_the_report_is(smoke: tuple[Called, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr("webbrowser.open", opened.append)
    monkeypatch.setenv("DISPLAY", ":0")
    done = call("open", str(smoke[1]))
    assert done.out.strip() == str(smoke[1] / "report.html")
    assert opened == [(smoke[1] / "report.html").as_uri()]


ENDLESS = """
name: endless
title: A training that is stopped
question: Does it stop?
world: {name: room-scoped, size: 32}
regimes: {gaussian: {rho: 0.5}}
objectives: {lejepa: {lambda: 0.025}}
encoder: {name: patchify}
frames: 1024
heldout_frames: 256
test_frames: 512
training: {steps: 1000000, batch: 64}
seeds: [0]
references: {untrained: false, pixels: false}
presets: {smoke: {smoke: true}}
"""


@pytest.mark.slow
def test_ctrl_c_stops_cleanly_and_says_how_to_go_on(here: Path) -> None:
    (here / "endless.yaml").write_text(ENDLESS, encoding="utf8")
    child = subprocess.Popen(
        [COMMAND, "run", "endless.yaml", "--preset", "smoke", "--out", "out"],
        env={**os.environ, "WORLDPROBE_CACHE": str(here / "cache")},
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


def test_the_cache_is_listed_sized_and_cleaned_and_nothing_else_is(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLDPROBE_CACHE", str(here / "cache"))
    outside = here / "outside"
    outside.mkdir()
    (outside / "precious").write_text("x" * 500, encoding="utf8")
    (here / "cache" / "datasets" / "abc").mkdir(parents=True)
    (here / "cache" / "datasets" / "abc" / "frames.npy").write_bytes(b"x" * 2_000_000)
    (here / "cache" / "datasets" / "link").symlink_to(outside)
    (here / "cache" / "mine.txt").write_text("not worldprobe's", encoding="utf8")
    assert "2.0 MB  rendered frames" in call("cache").out
    assert "2.0 MB in 2 entries" in call("cache", "size").out
    assert json.loads(call("cache", "--json").out)["bytes"] > 2_000_000
    assert "Removed 2 entries" in call("cache", "clean", "--yes").out
    assert list((here / "cache" / "datasets").iterdir()) == []
    assert (outside / "precious").exists()
    assert (here / "cache" / "mine.txt").exists()


def test_errors_name_options_as_the_command_line_spells_them(here: Path) -> None:
    """In Python the same errors say drop_bad=True and frames=...: tests/recordings."""
    state = np.arange(40.0).reshape(-1, 2)
    state[3, 1] = np.nan
    np.savez("bad.npz", state=state)
    assert "pass --drop-bad to drop the rows" in call("audit", "--data", "bad.npz").err
    pictures = np.zeros((20, 8, 8, 3), dtype=np.uint8)
    np.savez("two.npz", state=np.arange(20.0), left=pictures, right=pictures)
    assert (
        "Pass --frames left or another, --frames first for left, or --frames none."
        in call("audit", "--data", "two.npz").err
    )


@pytest.mark.slow
def test_an_audit_of_states_opens_no_frame(here: Path) -> None:
    states = np.random.default_rng(0).standard_normal(400).cumsum()
    for name in ("left", "right"):
        rows = "".join(f"{x},gone/{row}.png\n" for row, x in enumerate(states))
        Path("log.csv").write_text(f"x,{name}\n{rows}")
        assert "no such file" in call("audit", "--data", "log.csv").err
        audited = call("audit", "--data", "log.csv", "--states", "x")
        assert f"{name}: not read; pass --frames {name} to compare frames with states" in audited.out
        assert "effective-samples" in audited.out
    pictures = np.zeros((400, 8, 8, 3), dtype=np.uint8)
    np.savez("two.npz", state=states, left=pictures, right=pictures)
    assert "left, right: not read; pass --frames left" in call("audit", "--data", "two.npz", "--states", "state").out


@pytest.mark.parametrize(
    ("flag", "path"),
    [("--out", "file"), ("--out", "file/below"), ("--junit", "."), ("--junit", "file/a.xml"), ("--markdown", ".")],
)
def test_places_that_cannot_be_written_are_refused_before_any_work(flag: str, path: str, here: Path) -> None:
    np.savez("log.npz", state=np.arange(100.0))
    Path("file").write_text("")
    done = call("audit", "--data", "log.npz", flag, path)
    assert done.status == 2
    assert done.out == ""
    assert f"{flag} = {path!r} is not possible" in done.err
    assert "Auditing" not in done.err


def test_far_too_many_states_are_refused_before_any_work(here: Path) -> None:
    np.savez("log.npz", state=np.random.default_rng(0).standard_normal((300, 3000)))
    done = call("audit", "--data", "log.npz")
    assert done.status == 2
    assert "states = '3,000 columns' is not possible: allowed is 256 or fewer" in done.err
    assert "--states" in done.err


def test_the_summary_of_a_sweep_shows_its_axes(capsys: pytest.CaptureFixture[str]) -> None:
    print_summary(FORMAT_1)
    table = capsys.readouterr().out
    assert "rho" in table
    assert "stride" in table
    assert "gaussian, rho 0.7: " in table
