"""Options that nothing would read are refused before any work: named as they were typed, with the reason."""

from __future__ import annotations

from pathlib import Path

import pytest

from cli.calling import call

RECORDING = "it is about a recording, and a study was given"
STUDY = "it is about a study, and a recording was given"
SHARE = "--cells trains and measures runs alone, one after the other"


@pytest.mark.parametrize(
    ("arguments", "named", "why"),
    [
        (("audit", "mixings-2d", "--states", "x,y"), "--states x,y", RECORDING),
        (("audit", "mixings-2d", "--stride", "1"), "--stride 1", RECORDING),
        (("audit", "mixings-2d", "--drop-bad"), "--drop-bad", RECORDING),
        (("audit", "mixings-2d", "--train"), "--train", RECORDING),
        (("audit", "mixings-2d", "--steps", "9"), "--steps 9", "a recording and --train, and a study was given"),
        (("audit", "--data", "log.npz", "--preset", "cpu"), "--preset cpu", STUDY),
        (("audit", "--data", "log.npz", "--brief"), "--brief", STUDY),
        (
            ("audit", "--data", "log.npz", "--size", "64"),
            "--size 64",
            "it is about training, and --train was not given",
        ),
        (("run", "mixings-2d", "--cells", "1/2", "--audit"), "--audit", SHARE),
        (("run", "mixings-2d", "--cells", "1/2", "--processes", "2"), "--processes 2", SHARE),
        (("render", "room", "--controls", "yaw=1", "--views", "4"), "--views 4", "--controls draws one view"),
        (("play", "runs", "--states", "9"), "--states 9", "--export was not given"),
        (("play", "runs", "--export", "a.html", "--port", "80"), "--port 80", "--export writes a file"),
        (("cache", "list", "--yes"), "--yes", "list was given"),
        (("cache", "clean", "--json"), "--json", "clean was given"),
    ],
)
def test_an_option_that_nothing_reads_is_refused(arguments: tuple[str, ...], named: str, why: str) -> None:
    called = call(*arguments)
    assert called.status == 2, called.out
    assert called.err.startswith(f"worldprobe: {named} changes nothing: "), called.err
    assert why in called.err


def test_results_folders_are_compared_without_the_options_of_recordings(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in ("a", "b")]
    for folder in folders:
        (folder / "runs").mkdir(parents=True)
    called = call("compare", *map(str, folders), "--verbose")
    assert called.status == 2
    assert "--verbose changes nothing: it is about recordings, and results folders were given" in called.err
