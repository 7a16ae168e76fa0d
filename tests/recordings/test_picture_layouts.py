"""Pictures of any layout are read as 8-bit RGB, and what was done is said; what is not read is named."""

import io
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image

from recordings.walks import walk
from worldprobe.recordings import UnusableData, read_recording

FRAMES = walk((6,)).frames
GREY = FRAMES[..., 0]


def layouts() -> dict[str, tuple[np.ndarray, np.ndarray, str]]:
    grey = np.repeat(GREY[..., None], 3, axis=3)
    alpha = np.full((*GREY.shape, 1), 255, dtype=np.uint8)
    return {
        "grey": (GREY, grey, "uint8, grey"),
        "rgba": (np.concatenate([FRAMES, alpha], axis=3), FRAMES, "RGBA, alpha left out"),
        "first": (np.moveaxis(FRAMES, -1, 1), FRAMES, "uint8"),
        "stack": (np.stack([GREY // 4, GREY // 2, GREY // 3, GREY], axis=1), grey, "a stack of 4 grey frames"),
        "stack of colours": (np.concatenate([FRAMES // 2, FRAMES], axis=3), FRAMES, "a stack of 2 RGB frames"),
        "0 to 1": ((FRAMES / 255).astype(np.float32), FRAMES, "float32"),
        "0 to 255": (np.moveaxis(FRAMES, -1, 1).astype(np.float64), FRAMES, "float64"),
    }


def save(path: Path, **arrays: np.ndarray) -> Path:
    if path.suffix == ".npz":
        np.savez(path, **arrays)
    else:
        with h5py.File(path, "w") as file:
            for name, array in arrays.items():
                file[name] = array
    return path


@pytest.mark.parametrize("suffix", ["npz", "h5"])
@pytest.mark.parametrize("layout", list(layouts()))
def test_a_layout_is_read_and_said(layout: str, suffix: str, tmp_path: Path) -> None:
    written, expected, said = layouts()[layout]
    r = read_recording(save(tmp_path / f"w.{suffix}", z=np.arange(6.0), image=written))
    assert r.frames is not None
    rows = np.array([5, 0, 3, 3])
    np.testing.assert_array_equal(r.frames.read(rows), expected[rows])
    assert said in r.chosen["frames"]


@pytest.mark.parametrize("suffix", ["npz", "h5"])
def test_floating_point_pictures_of_another_range_are_refused(suffix: str, tmp_path: Path) -> None:
    path = save(tmp_path / f"w.{suffix}", z=np.arange(6.0), image=FRAMES / 127.5 - 1)
    with pytest.raises(UnusableData, match=r'frames="none" to read the states alone\. .* 0 \.\. 1 or 0 \.\. 255'):
        read_recording(path)
    assert read_recording(path, frames="none").rows == 6


def test_depth_and_deep_pictures_are_named_where_they_are_not_read(tmp_path: Path) -> None:
    path = save(tmp_path / "w.npz", z=np.arange(6.0), depth=GREY.astype(np.uint16), far=GREY.astype(np.float32))
    said = read_recording(path).chosen["frames"]
    assert "depth (uint16, 16 x 24), far (float32, 16 x 24)" in said


def encoded(kind: str) -> list[bytes]:
    contents = []
    for frame in FRAMES:
        buffer = io.BytesIO()
        Image.fromarray(frame).save(buffer, kind)
        contents.append(buffer.getvalue())
    return contents


def test_image_files_in_rows_of_an_array_are_decoded(tmp_path: Path) -> None:
    """Of any length, and of one length filled up with zeros, as ALOHA's compressed recordings have them."""
    contents = encoded("PNG")
    size = max(map(len, contents))
    padded = np.stack([np.frombuffer(content.ljust(size, b"\0"), dtype=np.uint8) for content in contents])
    with h5py.File(tmp_path / "any.h5", "w") as file:
        file["z"] = np.arange(6.0)
        file.create_dataset("image", (6,), dtype=h5py.vlen_dtype(np.uint8))
        for row, content in enumerate(contents):
            file["image"][row] = np.frombuffer(content, dtype=np.uint8)
    save(tmp_path / "padded.h5", z=np.arange(6.0), image=padded)
    save(tmp_path / "padded.npz", z=np.arange(6.0), image=padded)
    save(tmp_path / "bytes.npz", z=np.arange(6.0), image=np.array(contents))
    for name in ("any.h5", "padded.h5", "padded.npz", "bytes.npz"):
        r = read_recording(tmp_path / name)
        assert r.frames is not None
        np.testing.assert_array_equal(r.frames.read([5, 2, 2]), FRAMES[[5, 2, 2]])
        assert r.chosen["frames"].startswith("image (encoded images): found")


def test_the_first_of_several_cameras_is_taken_when_asked(tmp_path: Path) -> None:
    path = save(tmp_path / "w.npz", z=np.arange(6.0), left=FRAMES, right=FRAMES // 2, wrist=FRAMES // 3)
    r = read_recording(path, frames="first")
    assert r.frames is not None
    np.testing.assert_array_equal(r.frames.read([4]), FRAMES[[4]])
    assert r.chosen["frames"].startswith("left (uint8): the first of 3, as asked; the others are right, wrist")


def test_floats_from_0_to_1_are_said(tmp_path: Path) -> None:
    frames = walk((9,)).frames
    np.savez(tmp_path / "w.npz", z=np.arange(9.0), pixels=(frames / 255).astype(np.float32))
    r = read_recording(tmp_path / "w.npz")
    assert r.chosen["frames"].endswith("9 of 24 x 16, numbers from 0 to 1")


def test_the_order_of_colours_is_asked_for_where_a_name_speaks_of_bgr(tmp_path: Path) -> None:
    frames = np.random.default_rng(0).integers(0, 256, (9, 16, 24, 3), dtype=np.uint8)
    np.savez(tmp_path / "w.npz", z=np.arange(9.0), camera_bgr=frames)
    with pytest.raises(UnusableData, match=r'blue may be the first colour.*frames="camera_bgr\[bgr\]"'):
        read_recording(tmp_path / "w.npz")
    for order, step in (("bgr", -1), ("rgb", 1)):
        r = read_recording(tmp_path / "w.npz", frames=f"camera_bgr[{order}]")
        assert r.frames is not None
        np.testing.assert_array_equal(r.frames.read([8, 0]), frames[[8, 0]][..., ::step])
    assert read_recording(tmp_path / "w.npz", frames="none").frames is None
