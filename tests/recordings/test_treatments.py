"""States that a linear regression cannot read as they are: recognised, and read otherwise where it is asked."""

from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from worldprobe.errors import InvalidValue, UnknownName
from worldprobe.recordings import read_recording

YAW = np.linspace(0, 900, 400)


def save(folder: Path, **arrays: np.ndarray) -> Path:
    np.savez(folder / "w.npz", **arrays)
    return folder / "w.npz"


@pytest.mark.parametrize(("period", "lowest"), [(360.0, -180.0), (360.0, 0.0), (2 * np.pi, -np.pi)])
def test_an_angle_that_wraps_is_recognised_and_unwrapped(period: float, lowest: float, tmp_path: Path) -> None:
    turned = np.radians(YAW) if period < 7 else YAW
    wrapped = (turned - lowest) % period + lowest
    path = save(tmp_path, yaw=wrapped, x=np.arange(400.0), ep=np.arange(400) // 200)
    r = read_recording(path, states=["x", "yaw"])
    (said,) = [warning for warning in r.warnings if "wraps" in warning]
    assert 'states=["yaw[unwrap]"]' in said
    r = read_recording(path, states=["x", "yaw[unwrap]"])
    assert r.names == ("x", "yaw")
    for rows in (slice(0, 200), slice(200, 400)):
        np.testing.assert_allclose(np.diff(r.states[rows, 1]), np.diff(turned[rows]), atol=1e-9)
    assert not any("wraps" in warning for warning in r.warnings)


def test_what_never_jumps_is_no_angle(tmp_path: Path) -> None:
    path = save(tmp_path, x=np.sin(YAW / 50) * 179, y=np.random.default_rng(0).uniform(-180, 180, 400))
    assert not any("wraps" in warning for warning in read_recording(path).warnings)
    with pytest.raises(InvalidValue, match=r"x\[unwrap\] = .* an angle that jumps back"):
        read_recording(path, states=["x[unwrap]"])


def test_a_quaternion_is_recognised_and_read_as_angles_without_wrap(tmp_path: Path) -> None:
    """Yaw makes two and a half turns, and the quaternion's sign flips: neither shows in the angles."""
    euler = np.stack([YAW, 20 * np.sin(YAW / 90), 10 * np.cos(YAW / 70)], axis=1)
    xyzw = Rotation.from_euler("ZYX", euler, degrees=True).as_quat()
    xyzw[::3] *= -1
    path = save(tmp_path, pose=np.column_stack([YAW, YAW, YAW, xyzw]))
    (said,) = [warning for warning in read_recording(path).warnings if "quaternion" in warning]
    assert 'states=["pose[3:7][angles-xyzw]"]' in said
    r = read_recording(path, states=["pose[0]", "pose[3:7][angles-xyzw]"])
    assert (r.names, [c.unit for c in r.controls]) == (
        ("pose[0]", "yaw", "pitch", "roll"),
        ["as recorded", *["deg"] * 3],
    )
    np.testing.assert_allclose(r.states[:, 1:], euler, atol=1e-4)


def test_four_numbers_by_their_names_are_one_quaternion(tmp_path: Path) -> None:
    wxyz = Rotation.from_euler("z", YAW[:, None], degrees=True).as_quat()[:, [3, 0, 1, 2]]
    columns = dict(zip(("qw", "qx", "qy", "qz"), wxyz.T, strict=True))
    path = save(tmp_path, **columns)
    assert any('states=["qw+qx+qy+qz[angles]"]' in warning for warning in read_recording(path).warnings)
    r = read_recording(path, states=["qw+qx+qy+qz[angles]"])
    np.testing.assert_allclose(r.states[:, 0], YAW, atol=1e-4)
    with pytest.raises(InvalidValue, match=r"quaternions of norm 1"):
        read_recording(save(tmp_path, qw=YAW, qx=YAW, qy=YAW, qz=YAW), states=["qw+qx+qy+qz[angles]"])


def test_categories_and_grippers_are_named(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    kind = np.eye(3)[rng.integers(0, 3, 400)]
    path = save(tmp_path, kind=kind, gripper=(rng.random(400) > 0.9) * 0.04, x=rng.standard_normal(400))
    warnings = read_recording(path, states=["kind", "gripper", "x"]).warnings
    assert any(warning.startswith("kind: one of 3 is 1 in every row") for warning in warnings)
    assert any(warning.startswith("gripper (2 values): discrete") for warning in warnings)
    assert len(warnings) == 2


def test_a_treatment_that_there_is_not_is_named(tmp_path: Path) -> None:
    with pytest.raises(UnknownName, match=r"component of 'z' 'unrap'\. Did you mean 'unwrap'"):
        read_recording(save(tmp_path, z=np.zeros((4, 2))), states=["z[unrap]"])


def test_a_category_that_comes_round_is_no_angle(tmp_path: Path) -> None:
    view, rng = np.arange(60) % 4, np.random.default_rng(0)
    np.savez(tmp_path / "w.npz", view=view, height=rng.standard_normal(60))
    assert not any("wraps" in warning for warning in read_recording(tmp_path / "w.npz").warnings)


def test_angles_that_would_have_one_name_have_those_of_their_columns(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    turns = Rotation.from_euler("ZYX", rng.uniform(-40, 40, (30, 3)), degrees=True).as_quat()
    np.savez(tmp_path / "w.npz", quat=turns, yaw=rng.standard_normal(30))
    r = read_recording(tmp_path / "w.npz", states=["quat[angles-xyzw]", "yaw"])
    assert r.names == ("quat[yaw]", "pitch", "roll", "yaw")
