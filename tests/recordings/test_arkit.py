"""Poses of ARKit: six states of the view, z up, whichever way the device was held; damage is named."""

from pathlib import Path

import numpy as np
import pytest

from recordings.arkit_files import CAPTURES, write_json, write_scene
from recordings.videos import assert_nearly
from recordings.walks import walk
from worldprobe.recordings import UnreadableFile, UnusableData, read_recording

ANGLES = np.stack([np.linspace(-10, 400, 12), np.linspace(-50, 40, 12), np.linspace(85, 95, 12)], axis=1)
"""A device held upright turns all the way round and looks up and down."""
POSITIONS = np.random.default_rng(0).standard_normal((12, 3))
STATES = np.concatenate([POSITIONS, ANGLES], axis=1)
FRAMES = walk((12,)).frames


def test_scenes_are_read_with_the_images_nearest_in_time(tmp_path: Path) -> None:
    r = read_recording(write_scene(tmp_path / "s", (POSITIONS, ANGLES), FRAMES))
    np.testing.assert_allclose(r.states, STATES, atol=1e-5)
    assert [control.unit for control in r.controls] == ["m"] * 3 + ["deg"] * 3
    assert "12 of 12 images have a pose" in r.chosen["format"]
    assert r.frames is not None
    np.testing.assert_array_equal(r.frames.read([11, 0]), FRAMES[[11, 0]])
    alone = read_recording(tmp_path / "s" / "lowres_wide.traj", frames="none")
    np.testing.assert_allclose(alone.states, STATES, atol=1e-5)


@pytest.mark.parametrize("app", CAPTURES)
def test_captures_of_apps_are_read(app: str, tmp_path: Path) -> None:
    r = read_recording(CAPTURES[app](tmp_path / "c", (POSITIONS, ANGLES), FRAMES))
    np.testing.assert_allclose(r.states, STATES, atol=1e-5)
    assert r.source.format == "arkit"
    assert f"a capture of {app}" in r.chosen["format"]
    assert r.frames is not None
    assert_nearly(r.frames.read([11, 0]), FRAMES[[11, 0]])


@pytest.mark.parametrize("app", CAPTURES)
def test_poses_without_images_are_read_alone(app: str, tmp_path: Path) -> None:
    r = read_recording(CAPTURES[app](tmp_path / "c", (POSITIONS, ANGLES), None))
    np.testing.assert_allclose(r.states, STATES, atol=1e-5)
    assert r.frames is None


def test_poses_that_are_none_are_refused_with_the_file(tmp_path: Path) -> None:
    CAPTURES["3D Scanner App"](tmp_path, (POSITIONS, ANGLES), FRAMES)
    write_json(tmp_path / "frame_00003.json", {"cameraPoseARFrame": [1, 2, 3]})
    with pytest.raises(UnusableData, match=r"frame_00003\.json, pose: there are no 12 or 16 finite numbers"):
        read_recording(tmp_path)
    write_json(tmp_path / "frame_00003.json", {"cameraPoseARFrame": [2.0] * 16})
    with pytest.raises(UnusableData, match="no rotation and translation in row 3"):
        read_recording(tmp_path)
    (tmp_path / "frame_00003.json").write_text("{")
    with pytest.raises(UnreadableFile, match=r"frame_00003\.json cannot be read: it is not JSON"):
        read_recording(tmp_path)
