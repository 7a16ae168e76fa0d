"""A session that plays without a server, and the refusals of the command."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli.calling import call
from reports.chromium import Chromium
from worldprobe.errors import DamagedData, InvalidValue, MissingDependency, NoResults, UnknownName
from worldprobe.playing.export_session import export
from worldprobe.playing.own_paths import tour
from worldprobe.playing.page_server import Page
from worldprobe.playing.playable import PlayedWorld
from worldprobe.playing.played_folder import read_played
from worldprobe.playing.scene_parts import nearest_levels
from worldprobe.playing.session import Session, record
from worldprobe.playing.session_page import write_page
from worldprobe.reports import write_report
from worldprobe.stats.r2 import r2_per_column
from worldprobe.study.probed_encoder import probed_encoder
from worldprobe.world import Arm, Room

HOSTILE = "</script><script>window.stolen=1</script><img src=x onerror=window.stolen=1>"


@pytest.fixture(scope="module")
def session(played: Path) -> Session:
    return record(played, states=20)


@pytest.mark.slow
def test_what_is_shown_is_what_the_world_shows_and_the_encoders_read(played: Path, session: Session) -> None:
    truth = session.actors[0].z
    np.testing.assert_array_equal(truth, tour(6, 20))
    with Room(size=16) as room:
        np.testing.assert_array_equal(session.observations, room.observe(truth))
    for run, actor in zip(read_played(played).runs, session.actors[1:], strict=True):
        np.testing.assert_allclose(actor.z, probed_encoder(played, run.id)(session.observations), atol=1e-5)


@pytest.mark.slow
def test_the_probe_is_the_studys_own(played: Path) -> None:
    for run in read_played(played).runs:
        probed = probed_encoder(played, run.id)
        arrays = np.load(played / "runs" / run.id / "arrays.npz")
        with Room(size=16) as room:
            read = probed(room.observe(arrays["truth"]))
        np.testing.assert_allclose(read, arrays["recovered"], atol=1e-4)
        assert r2_per_column(arrays["truth"], read).mean() == pytest.approx(run.recovery.r2, abs=1e-4)


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
def test_a_page_plays_by_itself_and_executes_no_data(
    session: Session, painter: Chromium, tmp_path: Path, width: int
) -> None:
    actors = [replace(actor, name=HOSTILE) for actor in session.actors]
    controls = tuple(replace(c, name=HOSTILE, unit=HOSTILE) for c in session.controls)
    page = write_page(
        replace(session, title=HOSTILE, path=HOSTILE, actors=actors, controls=controls), tmp_path / "p.html"
    )
    painter.open(page, width)
    painter.evaluate("new Promise(done => setTimeout(done, 500))")
    assert painter.evaluate("window.stolen") is None
    assert painter.evaluate("document.documentElement.scrollWidth") <= width
    assert painter.evaluate("document.querySelectorAll('h1')[0].textContent") == HOSTILE
    asked = [e["params"]["request"]["url"] for e in painter.events if e["method"] == "Network.requestWillBeSent"]
    assert [url for url in asked if not url.startswith("data:")] == [page.resolve().as_uri()]
    said = [e["params"]["entry"] for e in painter.events if e["method"] == "Log.entryAdded"]
    assert [entry for entry in said if entry["source"] != "worker"] == []  # a worker's is of a page shown before
    assert [e for e in painter.events if e["method"] == "Runtime.exceptionThrown"] == []
    shown = painter.evaluate("play(false); go(7); [...document.querySelector('#small').getContext('2d')"
                             ".getImageData(0, 0, 16, 16).data].filter((_, i) => i % 4 < 3)")  # fmt: skip
    assert shown == session.observations[7].ravel().tolist()


@pytest.mark.slow
def test_a_folder_gets_page_loop_and_still_and_the_report_shows_them(played: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(played, tmp_path / "copy"))
    written = export(folder, folder, states=8)
    assert [file.name for file in written] == ["play.html", "play.webp", "play-still.webp"]
    with Image.open(folder / "play.webp") as loop:
        assert (loop.n_frames, loop.format) == (8, "WEBP")  # type: ignore[attr-defined]
    report = write_report(folder).read_text(encoding="utf8")
    assert 'href="play.html"' in report
    assert "prefers-reduced-motion: reduce" in report
    (folder / "play.webp").write_bytes(b"<svg onload=alert(1)>")
    with pytest.raises(DamagedData, match=r"play\.webp"):
        write_report(folder)


@pytest.mark.slow
@pytest.mark.parametrize("target", ["page.txt", "none/page.html"])
def test_a_session_is_not_written_anywhere(played: Path, tmp_path: Path, target: str) -> None:
    done = call("play", str(played), "--export", str(tmp_path / target))
    assert done.status == 2
    assert len(done.err.strip().splitlines()) == 1


@pytest.mark.slow
def test_an_unknown_path_or_encoder_is_named_with_those_there_are(played: Path) -> None:
    with pytest.raises(UnknownName, match="gaussian"):
        record(played, path="gausian")
    with pytest.raises(UnknownName, match="gaussian__lejepa__seed0"):
        read_played(played, ["gaussian__lejepa__seed1"])
    with pytest.raises(InvalidValue, match="states"):
        record(played, states=1)


@pytest.mark.slow
def test_one_run_can_be_played_alone(played: Path) -> None:
    folder = read_played(played / "runs" / "gaussian__lejepa__seed0")
    assert [run.id for run in folder.runs] == ["gaussian__lejepa__seed0"]


@pytest.mark.slow
def test_a_folder_without_encoders_is_refused_in_one_line(played: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(played, tmp_path / "copy"))
    for weights in folder.glob("runs/*/encoder.pt"):
        weights.unlink()
    with pytest.raises(NoResults, match="no trained encoder"):
        read_played(folder)
    for where in (folder, tmp_path, tmp_path / "nowhere"):
        done = call("play", str(where), "--export", str(tmp_path / "page.html"))
        assert done.status == 2
        assert len(done.err.strip().splitlines()) == 1


@pytest.mark.slow
def test_an_audits_pairs_are_found_the_most_alike_first(played: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(played, tmp_path / "copy"))
    names = ["truck", "pedestal", "dolly", "yaw", "pitch", "roll"]
    gate = {"gate": "perceptual-aliasing", "verdict": "pass", "value": 1, "threshold": 0.1, "advice": "", "because": ""}
    states = [dict.fromkeys(names, 0.5), dict.fromkeys(names, -0.5)]
    given = [("yaw", states, 9.0), ("roll", states, 2.0), ("dolly", [{"other": 1.0}] * 2, 1.0)]
    gates = [{**gate, "subject": s, "evidence": {"controls": z, "distance": d}} for s, z, d in given]
    audit = {"format": 3, "verdict": "pass", "of": "0" * 16, "gates": gates, "parts": [], "warnings": []}
    (folder / "audit.json").write_text(json.dumps(audit), encoding="utf8")
    assert [pair.control for pair in read_played(folder).look_alikes()] == ["roll", "yaw"]


@pytest.mark.slow
def test_a_port_in_use_is_said_in_one_line(played: Path) -> None:
    pytest.importorskip("viser")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = call("play", str(played), "--port", str(port))
    assert done.status == 2
    assert str(port) in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_without_viser_the_command_says_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "viser", None)
    with pytest.raises(MissingDependency, match=r"pip install 'worldprobe\[app\]'"):
        Page(tmp_path)


def test_a_tour_ends_where_it_begins_and_spreads_as_the_canonical_controls() -> None:
    path = tour(7, 180)
    np.testing.assert_allclose(path.std(axis=0), 1.0, atol=0.02)
    steps = np.linalg.norm(np.diff(np.concatenate([path, path[:1]]), axis=0), axis=1)
    assert steps[-1] <= steps[:-1].max()


def test_an_arm_is_drawn_from_shoulder_to_fingertip() -> None:
    pytest.importorskip("mujoco")
    with Arm(size=16) as world:
        arm = PlayedWorld(world)
        points = arm.arm_points(np.array([[0.0, 0.0], [np.pi / 2, 0.0]]))
        np.testing.assert_allclose(points[0, :, 0], [0.0, 0.12, 0.24], atol=1e-6)
        np.testing.assert_allclose(points[1, :, 1], [0.0, 0.12, 0.24], atol=1e-6)


def test_the_page_shows_textures_from_the_nearer_level_and_changes_nothing_else() -> None:
    with Room(size=16) as room:
        glb = room.glb.read_bytes()
    shown = nearest_levels(glb)
    assert len(shown) == len(glb)
    changed = [k for k in range(len(glb)) if shown[k] != glb[k]]
    assert [chr(shown[k]) for k in changed] == ["5"]
    assert b'"minFilter": 9985' in shown.replace(b":9985", b": 9985")
