"""Poses as states: trajectories and camera sets of TUM, EuRoC, AirSim, NeRF and COLMAP, written as their tools do."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.spatial.transform import Rotation

from worldprobe.recordings import Recording, UnusableData, read_recording

ROWS = 9
YAW = np.linspace(100.0, 260.0, ROWS)  # through 180 degrees: a principal angle jumps by 360 there
PITCH, ROLL = np.linspace(-20.0, 30.0, ROWS), np.linspace(5.0, -5.0, ROWS)
PLACE = np.stack([np.arange(ROWS), 2.0 * np.arange(ROWS), 0.5 - np.arange(ROWS) / 7], axis=1)
TURNS = Rotation.from_euler("ZYX", np.stack([YAW, PITCH, ROLL], axis=1), degrees=True)
STATES = np.concatenate([PLACE, np.stack([YAW, PITCH, ROLL], axis=1)], axis=1)
XYZW = TURNS.as_quat() * np.where(np.arange(ROWS) % 2, -1.0, 1.0)[:, None]  # q and -q are one rotation


def images(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for place, name in enumerate(names):
        Image.fromarray(np.full((8, 12, 3), 10 * place, dtype=np.uint8)).save(folder / name)


def shown(recording: Recording) -> list[int]:
    assert recording.frames is not None
    return (recording.frames.read(np.arange(len(recording.states)))[:, 0, 0, 0] // 10).tolist()


def assert_poses(recording: Recording, unit: str = "m") -> None:
    assert recording.names == ("x", "y", "z", "yaw", "pitch", "roll")
    assert [control.unit for control in recording.controls] == [unit] * 3 + ["deg"] * 3
    np.testing.assert_allclose(recording.states, STATES, atol=1e-3)


def tum(path: Path, stamps: np.ndarray) -> Path:
    lines = [" ".join(f"{v:.6f}" for v in row) for row in np.column_stack([stamps, PLACE, XYZW])]
    path.write_text("# ground truth trajectory\n# timestamp tx ty tz qx qy qz qw\n" + "\n".join(lines) + "\n")
    return path


# Where the conventions are from. TUM: t, position, quaternion with w last (its page on file formats; associate.py for
# 0.02 s). EuRoC: p_RS_R, then q_RS with w first, the header of its data.csv. AirSim: Q_W first, PawnSimApi.cpp and
# RecordingFile.cpp. NeRF: camera to world, file_path without suffix, bmild/nerf load_blender.py. COLMAP: world to
# camera, QW first, the header of images.txt and read_write_model.py.


def test_a_tum_trajectory_is_six_states_whose_angles_run_on(tmp_path: Path) -> None:
    assert_poses(read_recording(tum(tmp_path / "freiburg.txt", 1e9 + np.arange(ROWS) / 100)))


def test_lines_that_name_the_columns_of_a_tum_folder_need_no_comment_sign(tmp_path: Path) -> None:
    file = tum(tmp_path / "groundtruth.txt", np.arange(ROWS) / 10)
    file.write_text(file.read_text().replace("# timestamp", "timestamp"))
    assert_poses(read_recording(file))
    images(tmp_path / "rgb", [f"{row}.png" for row in range(ROWS)])
    listed = "".join(f"{row / 10} rgb/{row}.png\n" for row in range(ROWS))
    (tmp_path / "rgb.txt").write_text(f"# color images\ntimestamp filename\n{listed}")
    r = read_recording(tmp_path)
    assert_poses(r)
    assert shown(r) == list(range(ROWS))


# The development kit of KITTI odometry: the left camera has x right, y down, z forward; the pose is camera to world.
AS_CAMERA = np.array([[0.0, -1.0, 0.0], [0.0, 0.0, -1.0], [1.0, 0.0, 0.0]])


def kitti(path: Path) -> Path:
    turns = AS_CAMERA @ TURNS.as_matrix() @ AS_CAMERA.T
    rows = np.concatenate([turns, (PLACE @ AS_CAMERA.T)[:, :, None]], axis=2).reshape(-1, 12)
    path.write_text("".join(" ".join(f"{v:.9e}" for v in row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("timed", [False, True])
def test_a_kitti_trajectory_is_turned_upright_and_its_heading_is_yaw(timed: bool, tmp_path: Path) -> None:
    path = kitti(tmp_path / "00.txt")
    if timed:
        (tmp_path / "times.txt").write_text("".join(f"{row / 10:e}\n" for row in range(ROWS)))
    r = read_recording(path)
    assert_poses(r)
    assert r.chosen["format"].startswith("kitti, x forward, y left, z up")
    assert r.chosen["time"].startswith("timestamp" if timed else "no column")


def test_a_kitti_trajectory_with_another_number_of_times_or_a_damaged_row_is_refused(tmp_path: Path) -> None:
    path = kitti(tmp_path / "00.txt")
    (tmp_path / "times.txt").write_text("0\n1\n")
    with pytest.raises(UnusableData, match=f"there are 2, and {ROWS} poses in 00.txt"):
        read_recording(path)
    path.write_text(path.read_text() + "2 " * 12 + "\n")
    (tmp_path / "times.txt").unlink()
    with pytest.raises(UnusableData, match=f"there is no rotation in row {ROWS}"):
        read_recording(path)


def test_a_stamp_that_repeats_is_refused_with_the_option_that_reads_it_all_the_same(tmp_path: Path) -> None:
    path = tum(tmp_path / "freiburg.txt", np.maximum(np.arange(ROWS), 1.0))
    with pytest.raises(UnusableData, match=r"repeats .* row 1.*time=\"none\""):
        read_recording(path)
    assert_poses(read_recording(path, time="none"))


def test_images_of_a_tum_folder_take_the_nearest_pose_and_leave_the_others_out(tmp_path: Path) -> None:
    tum(tmp_path / "groundtruth.txt", np.arange(ROWS) / 10)
    names = [f"{place}.png" for place in range(4)]
    images(tmp_path / "rgb", names)
    stamps = (0.11, 0.199, 0.25, 0.8)  # 0.25 is 0.05 s from any pose
    (tmp_path / "rgb.txt").write_text(
        "# color\n" + "".join(f"{t} rgb/{n}\n" for t, n in zip(stamps, names, strict=True))
    )
    recording = read_recording(tmp_path)
    np.testing.assert_allclose(recording.states[:, :3], PLACE[[1, 2, 8]], atol=1e-5)
    assert shown(recording) == [0, 1, 3]
    assert "3 of 4 images have a pose within 0.02 s" in recording.chosen["format"]


def test_a_broken_line_is_named(tmp_path: Path) -> None:
    path = tum(tmp_path / "freiburg.txt", np.arange(ROWS) * 1.0)
    path.write_text(path.read_text() + "9.0 1 2\n")
    with pytest.raises(UnusableData, match=r"line 12: 8 numbers belong here, not .9\.0 1 2"):
        read_recording(path)


@pytest.mark.parametrize("folder", ["", "mav0"])
def test_euroc_poses_and_images_of_both_cameras(tmp_path: Path, folder: str) -> None:
    mav = tmp_path / "mav0"
    truth = mav / "state_groundtruth_estimate0"
    truth.mkdir(parents=True)
    stamps = 1_403_636_580_000_000_000 + 5_000_000 * np.arange(ROWS)
    header = "#timestamp, p_RS_R_x [m], p_RS_R_y [m], p_RS_R_z [m], q_RS_w [], q_RS_x [], q_RS_y [], q_RS_z []\n"
    rows = np.column_stack([PLACE, XYZW[:, [3, 0, 1, 2]]])
    lines = [f"{t}," + ",".join(f"{v:.6f}" for v in row) for t, row in zip(stamps, rows, strict=True)]
    (truth / "data.csv").write_text(header + "\n".join(lines))
    assert_poses(read_recording(tmp_path / folder))
    alone = read_recording(truth / "data.csv")
    assert alone.chosen["format"].startswith("euroc")
    assert_poses(alone)
    for camera in ("cam0", "cam1"):
        names = [f"{t}.png" for t in stamps[::2]]
        images(mav / camera / "data", names)
        listed = "\n".join(f"{t},{n}" for t, n in zip(stamps[::2], names, strict=True))
        (mav / camera / "data.csv").write_text("#timestamp [ns],filename\n" + listed)
    recording = read_recording(tmp_path / folder, frames="cam1")
    np.testing.assert_allclose(recording.states, STATES[::2], atol=1e-3)
    assert shown(recording) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("prefix", ["", r"C:\Users\me\Documents\AirSim\2026-01-01\images" + "\\"])
def test_airsim_rows_with_images_wherever_they_were_recorded(tmp_path: Path, prefix: str) -> None:
    names = [f"img_{place}.png" for place in range(ROWS)]
    images(tmp_path / "images", names)
    header = "VehicleName\tTimeStamp\tPOS_X\tPOS_Y\tPOS_Z\tQ_W\tQ_X\tQ_Y\tQ_Z\tImageFile\n"
    rows = np.column_stack([PLACE, XYZW[:, [3, 0, 1, 2]]])
    lines = [
        f"Drone\t{1000 + place}\t" + "\t".join(f"{v:.6f}" for v in row) + f"\t{prefix}{names[place]}"
        for place, row in enumerate(rows)
    ]
    (tmp_path / "airsim_rec.txt").write_text(header + "\n".join(lines) + "\n")
    for path in (tmp_path, tmp_path / "airsim_rec.txt"):
        recording = read_recording(path)
        assert_poses(recording)
        assert shown(recording) == list(range(ROWS))


def test_two_vehicles_in_one_airsim_file_are_two_episodes(tmp_path: Path) -> None:
    header = "VehicleName\tTimeStamp\tPOS_X\tPOS_Y\tPOS_Z\tQ_W\tQ_X\tQ_Y\tQ_Z\tImageFile\n"
    lines = [f"{name}\t{t}\t{t}\t{t * t}\t{1 / (t + 1)}\t1\t0\t0\t0\t" for t in range(5) for name in "AB"]
    (tmp_path / "airsim_rec.txt").write_text(header + "\n".join(lines) + "\n")
    assert read_recording(tmp_path).episodes.tolist() == [0, 5]


def nerf(path: Path, **other: object) -> Path:
    matrices = np.tile(np.eye(4), (ROWS, 1, 1))
    matrices[:, :3, :3], matrices[:, :3, 3] = TURNS.as_matrix(), PLACE
    frames = [{"file_path": f"./train/r_{k}", "transform_matrix": m.tolist()} for k, m in enumerate(matrices)]
    path.write_text(json.dumps({"camera_angle_x": 0.7, "frames": frames, **other}))
    return path


def test_blender_transforms_are_poses_in_the_scenes_unit_with_their_images(tmp_path: Path) -> None:
    images(tmp_path / "train", [f"r_{place}.png" for place in range(ROWS)])
    nerf(tmp_path / "transforms_train.json")
    for path in (tmp_path, tmp_path / "transforms_train.json"):
        recording = read_recording(path)
        assert_poses(recording, "scene unit")
        assert shown(recording) == list(range(ROWS))


@pytest.mark.parametrize(
    "frames", [None, [], "x", [{}], [{"transform_matrix": [[1, 2], [3]]}], [{"transform_matrix": 7}]]
)
def test_transforms_without_poses_are_refused_in_one_line(tmp_path: Path, frames: object) -> None:
    with pytest.raises(UnusableData, match="frame"):
        read_recording(nerf(tmp_path / "transforms.json", frames=frames))


@pytest.mark.parametrize("inside", ["", "sparse/0"])
def test_colmap_poses_are_of_the_camera_in_the_world(tmp_path: Path, inside: str) -> None:
    model = tmp_path / "sparse" / "0"
    model.mkdir(parents=True)
    (model / "cameras.txt").write_text("# Camera list\n1 PINHOLE 12 8 10 10 6 4\n")
    to_camera = TURNS.inv()
    q, t = to_camera.as_quat()[:, [3, 0, 1, 2]], -to_camera.apply(PLACE)
    lines = [
        f"{k + 1} "
        + " ".join(f"{v:.9f}" for v in (*q[k], *t[k]))
        + f" 1 frame_{k}.png\n"
        + "1.0 2.0 -1\n" * (k % 2)
        + "\n" * (1 - k % 2)  # an image without points has an empty line
        for k in reversed(range(ROWS))
    ]
    (model / "images.txt").write_text("# Image list with two lines of data per image:\n" + "".join(lines))
    images(tmp_path / "images", [f"frame_{place}.png" for place in range(ROWS)])
    recording = read_recording(tmp_path / inside)
    assert_poses(recording, "scene unit")
    assert shown(recording) == list(range(ROWS))


def test_images_that_lead_out_of_the_set_are_refused(tmp_path: Path) -> None:
    images(tmp_path, ["secret.png"])
    inside = tmp_path / "set"
    inside.mkdir()
    path = nerf(
        inside / "transforms.json",
        frames=[{"file_path": "../secret.png", "transform_matrix": np.eye(4).tolist()} for _ in range(3)],
    )
    with pytest.raises(UnusableData, match="outside"):
        read_recording(path)


def test_where_the_camera_points_straight_up_it_is_said(tmp_path: Path) -> None:
    steep = Rotation.from_euler("ZYX", [[10.0, 89.0, 0.0]] * 4, degrees=True).as_quat()
    rows = [f"{k}.0 {k} {k * k} 1 " + " ".join(map(str, quaternion)) for k, quaternion in enumerate(steep)]
    (tmp_path / "up.txt").write_text("\n".join(rows))
    assert "within 5 degrees of vertical in 4 rows" in read_recording(tmp_path / "up.txt").chosen["format"]
