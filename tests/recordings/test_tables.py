"""Parquet and CSV tables, and the frames beside them: image folders, videos, columns of images."""

import io
import os
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import csv, parquet

from recordings.videos import assert_nearly, write_video
from recordings.walks import Walk, pairs_by_hand, walk
from worldprobe.errors import MissingDependency, UnknownName
from worldprobe.recordings import (
    Recording,
    SeveralReadings,
    UnknownLayout,
    UnreadableFile,
    UnusableData,
    describe,
    read_recording,
)


def table(w: Walk, rows: slice = slice(None), **more: object) -> pa.Table:
    x, y, z = w.states[rows].T
    columns = {"x": x, "y": y, "z": z, "step": w.step[rows], "episode": w.episode[rows]}
    return pa.table({**columns, **more})


def write(path: Path, content: pa.Table) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    (csv.write_csv if path.suffix == ".csv" else parquet.write_table)(content, path)
    return path


def save_images(folder: Path, frames: np.ndarray, name: str = "frame_{}.png") -> list[str]:
    folder.mkdir(parents=True, exist_ok=True)
    names = [name.format(number) for number in range(len(frames))]
    for file, frame in zip(names, frames, strict=True):
        Image.fromarray(frame).save(folder / file)
    return names


def assert_same(r: Recording, w: Walk) -> None:
    np.testing.assert_array_equal(r.states.astype(np.float32), w.states)
    np.testing.assert_array_equal(r.episodes, w.starts)
    np.testing.assert_array_equal(r.pairs(2).index, pairs_by_hand(w, 2))


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_columns_of_a_table_are_those_that_were_written(suffix: str, tmp_path: Path) -> None:
    w = walk()
    r = read_recording(write(tmp_path / f"w{suffix}", table(w)))
    assert_same(r, w)
    assert r.names == ("x", "y", "z")
    assert r.source.format == suffix[1:]
    assert r.states.dtype == (np.float64 if suffix == ".csv" else np.float32)
    assert r.chosen["time"] == "step rises within every episode"


def test_the_index_that_pandas_writes_is_no_state(tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text(",x\n0,5\n1,7\n2,6\n")
    assert read_recording(tmp_path / "w.csv").names == ("x",)


@pytest.mark.parametrize("fixed", [True, False])
def test_lists_are_vectors(fixed: bool, tmp_path: Path) -> None:
    w = walk()
    flat = pa.array(w.states.ravel())
    offsets = pa.array(np.arange(0, 3 * w.rows + 1, 3, dtype=np.int32))
    lists = pa.FixedSizeListArray.from_arrays(flat, 3) if fixed else pa.ListArray.from_arrays(offsets, flat)
    path = write(tmp_path / "w.parquet", pa.table({"state": lists, "episode": w.episode}))
    assert_same(read_recording(path), w)
    assert read_recording(path, states=["state[1]"]).names == ("state[1]",)


def test_lists_of_mixed_lengths_are_refused_with_the_row(tmp_path: Path) -> None:
    path = write(tmp_path / "w.parquet", pa.table({"state": [[1.0, 2.0], [3.0, 4.0], [5.0]]}))
    with pytest.raises(UnusableData, match=r"w\.parquet, column 'state': row 2 holds 1 numbers, row 0 2"):
        read_recording(path)


def test_a_missing_vector_is_named_with_its_row(tmp_path: Path) -> None:
    path = write(tmp_path / "w.parquet", pa.table({"state": [[1.0, 2.0], None, [5.0, 6.0]]}))
    with pytest.raises(UnusableData, match="row 1 holds 0 numbers, row 0 2"):
        read_recording(path)


def test_missing_values_are_bad_rows_and_not_zeros(tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text("x,n\n1,4\n,5\n3,\n-inf,7\n5,8\n6,9\n")
    write(tmp_path / "w.parquet", pa.table({"x": [1.0, None, 3, -np.inf, 5, 6], "n": [4, 5, None, 7, 8, 9]}))
    for name in ("w.csv", "w.parquet"):
        r = read_recording(tmp_path / name, drop_bad=True)
        np.testing.assert_array_equal(r.states, [[1, 4], [5, 8], [6, 9]])
        assert r.chosen["drop_bad"].startswith("dropped 3 rows (1, 2, 3) with NaN or infinity in x, n")


def test_text_and_categories_tell_episodes_apart(tmp_path: Path) -> None:
    w = walk()
    names = pa.array([f"run {number}" for number in w.episode])
    for column in (names, names.dictionary_encode()):
        content = table(w).drop_columns(["episode"]).append_column("trajectory", column)
        assert_same(read_recording(write(tmp_path / "w.parquet", content)), w)


def test_moments_are_times(tmp_path: Path) -> None:
    start = np.datetime64("2026-01-01T00:00:00", "ms")
    when = start + (100 * np.arange(5)).astype("timedelta64[ms]")
    for name in ("w.parquet", "w.csv"):
        path = write(tmp_path / name, pa.table({"x": np.arange(5.0), "when": when}))
        assert read_recording(path).chosen["time"] == "when rises within every episode"
        write(path, pa.table({"x": np.arange(5.0), "when": when[[0, 1, 3, 2, 4]]}))
        with pytest.raises(UnusableData, match="column 'when': it is not sorted: it falls in row 3"):
            read_recording(path)


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_file_for_every_episode_is_read_in_the_order_of_its_number(suffix: str, tmp_path: Path) -> None:
    w = walk((2, 3) * 6)
    for number, start in enumerate(w.starts):
        rows = slice(int(start), int(start) + w.lengths[number])
        write(tmp_path / "runs" / f"run_{number}{suffix}", table(w, rows).drop_columns(["episode"]))
    r = read_recording(tmp_path / "runs")
    assert_same(r, w)
    assert r.chosen["episode"].startswith("file: found, the only candidate; 12 episodes of mixed lengths, 2 to 3")


def test_shards_with_an_episode_column_are_a_question(tmp_path: Path) -> None:
    w = walk()
    for number, rows in enumerate((slice(0, 20), slice(20, 39))):
        write(tmp_path / "w" / f"{number}.parquet", table(w, rows))
    with pytest.raises(SeveralReadings, match="the episode: episode, file"):
        read_recording(tmp_path / "w")
    assert_same(read_recording(tmp_path / "w", episode="episode"), w)


def test_tables_with_other_columns_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "w" / "0.csv", pa.table({"x": [1.0]}))
    write(tmp_path / "w" / "1.csv", pa.table({"y": [1.0]}))
    with pytest.raises(UnusableData, match=r"1\.csv, columns: it has the columns y, but 0\.csv x"):
        read_recording(tmp_path / "w")


def test_images_beside_a_table_are_read_in_the_order_of_their_numbers(tmp_path: Path) -> None:
    w = walk()
    write(tmp_path / "w" / "states.csv", table(w))
    save_images(tmp_path / "w" / "camera", w.frames)
    r = read_recording(tmp_path / "w")
    assert r.frames is not None
    np.testing.assert_array_equal(r.frames.read([10, 2, 38, 2]), w.frames[[10, 2, 38, 2]])
    assert r.chosen["frames"].startswith("camera/ (images, frame_0.png .. frame_38.png): found")
    alone = read_recording(tmp_path / "w" / "states.csv")
    assert alone.frames is None
    named = read_recording(tmp_path / "w" / "states.csv", frames="camera")
    assert named.frames is not None
    np.testing.assert_array_equal(named.frames.read([7]), w.frames[[7]])


def test_a_video_beside_a_table_has_a_frame_for_every_row(tmp_path: Path) -> None:
    w = walk()
    write(tmp_path / "w" / "states.parquet", table(w))
    write_video(tmp_path / "w" / "camera.mp4", w.frames, every=12)
    r = read_recording(tmp_path / "w")
    assert r.frames is not None
    rows = np.array([38, 0, 17, 17, 1, 12, 13, 37])
    assert_nearly(r.frames.read(rows), w.frames[rows])
    assert_nearly(r.frames.read(np.arange(39)), w.frames)
    assert "camera.mp4 (video, h264)" in r.chosen["frames"]


def test_two_sources_of_frames_are_a_question(tmp_path: Path) -> None:
    w = walk()
    write(tmp_path / "w" / "states.csv", table(w))
    write_video(tmp_path / "w" / "left.mp4", w.frames)
    write_video(tmp_path / "w" / "right.mp4", w.frames)
    with pytest.raises(SeveralReadings, match=r"the frames: left\.mp4, right\.mp4"):
        read_recording(tmp_path / "w")
    assert read_recording(tmp_path / "w", frames="right.mp4").frames is not None
    with pytest.raises(UnknownName, match=r"'rigt\.mp4'\. Did you mean 'right\.mp4'"):
        read_recording(tmp_path / "w", frames="rigt.mp4")


def test_a_video_for_every_table_belongs_to_it(tmp_path: Path) -> None:
    w = walk()
    for number, (states, frames) in enumerate(zip(w.parts(w.states), w.parts(w.frames), strict=True)):
        write(tmp_path / "w" / f"run{number}.csv", pa.table({"x": states[:, 0]}))
        write_video(tmp_path / "w" / f"run{number}.mp4", frames)
    r = read_recording(tmp_path / "w")
    assert r.frames is not None
    assert_nearly(r.frames.read(np.arange(39)), w.frames)
    for number, frames in enumerate((w.frames[:13], w.frames[13:19])):
        write_video(tmp_path / "w" / f"run{number}.mp4", frames)
    with pytest.raises(UnusableData, match=r"run0\.mp4, frames: it has 13 frames, run0\.csv 12 rows"):
        read_recording(tmp_path / "w")


def test_a_column_of_paths_or_of_encoded_images_holds_frames(tmp_path: Path) -> None:
    w = walk((9,))
    names = save_images(tmp_path / "pngs", w.frames)
    paths = [f"pngs/{name}" for name in names]
    encoded = [(tmp_path / path).read_bytes() for path in paths]
    hugging = [{"bytes": content, "path": None} for content in encoded]
    for number, column in enumerate((paths, encoded, hugging)):
        path = tmp_path / f"{number}.parquet"
        parquet.write_table(pa.table({"x": w.states[:, 0], "image": column}), path, row_group_size=4)
        r = read_recording(path)
        assert r.frames is not None
        rows = np.array([8, 0, 3, 4, 3])
        np.testing.assert_array_equal(r.frames.read(rows), w.frames[rows])


def test_encoded_images_are_found_far_into_a_row_group(tmp_path: Path) -> None:
    """More rows than are held at a time: the colour of an image tells its row."""
    images = []
    for row in range(600):
        buffer = io.BytesIO()
        Image.new("RGB", (4, 4), (row % 256, row // 256, 0)).save(buffer, "PNG")
        images.append(buffer.getvalue())
    frames = read_recording(write(tmp_path / "w.parquet", pa.table({"x": np.arange(600.0), "i": images}))).frames
    assert frames is not None
    rows = np.array([599, 0, 255, 256, 257, 511, 512])
    np.testing.assert_array_equal(frames.read(rows)[:, 0, 0, :2], np.column_stack([rows % 256, rows // 256]))


def test_frames_and_rows_of_different_lengths_are_refused(tmp_path: Path) -> None:
    w = walk()
    write(tmp_path / "w" / "states.csv", table(w))
    save_images(tmp_path / "w" / "camera", w.frames[:-1])
    with pytest.raises(UnusableData, match=r"their numbers of rows differ: x 39, .*camera/ 38"):
        read_recording(tmp_path / "w")


def test_images_of_mixed_sizes_are_refused_with_the_file(tmp_path: Path) -> None:
    w = walk((6,))
    write(tmp_path / "w" / "states.csv", table(w))
    save_images(tmp_path / "w" / "camera", w.frames)
    Image.fromarray(w.frames[0, :8]).save(tmp_path / "w" / "camera" / "frame_4.png")
    with pytest.raises(UnusableData, match=r"frame_4\.png, frame: it is 24 x 8, but the first frame is 24 x 16"):
        read_recording(tmp_path / "w")


def test_encoded_images_of_mixed_sizes_and_damaged_ones_are_refused_when_they_are_read(tmp_path: Path) -> None:
    def png(frame: np.ndarray) -> bytes:
        buffer = io.BytesIO()
        Image.fromarray(frame).save(buffer, "PNG")
        return buffer.getvalue()

    frames = walk((4,)).frames
    images = [png(frames[0]), png(frames[1, :8]), b"not an image", png(frames[3])[:60]]
    frames_read = read_recording(write(tmp_path / "w.parquet", pa.table({"x": np.arange(4.0), "i": images}))).frames
    assert frames_read is not None
    assert frames_read.read([0]).shape == (1, 16, 24, 3)
    for row, said in ((1, "24 x 8"), (2, "no whole image"), (3, "cannot be read")):
        with pytest.raises((UnusableData, UnreadableFile), match=said):
            frames_read.read([row])


def test_an_image_that_was_cut_short_is_named(tmp_path: Path) -> None:
    w = walk((6,))
    write(tmp_path / "w" / "states.csv", table(w))
    names = save_images(tmp_path / "w" / "camera", w.frames)
    bad = tmp_path / "w" / "camera" / names[3]
    os.truncate(bad, 60)
    frames = read_recording(tmp_path / "w").frames
    assert frames is not None
    with pytest.raises(UnreadableFile, match=r"frame_3\.png"):
        frames.read([3])
    os.truncate(bad, 4)
    with pytest.raises(UnreadableFile, match=r"frame_3\.png cannot be read: it is not a whole image"):
        read_recording(tmp_path / "w")


def test_deep_images_are_refused(tmp_path: Path) -> None:
    write(tmp_path / "w" / "states.csv", pa.table({"x": [0.0]}))
    (tmp_path / "w" / "depth").mkdir()
    Image.fromarray(np.zeros((8, 8), dtype=np.uint16)).save(tmp_path / "w" / "depth" / "0.png")
    frames = read_recording(tmp_path / "w").frames
    assert frames is not None
    with pytest.raises(UnusableData, match=r"0\.png, frame: its pixels are 'I;16', not 8 bits"):
        frames.read([0])


@pytest.mark.parametrize("share", [0.001, 0.5, 0.99])
def test_a_half_written_parquet_file_is_named(share: float, tmp_path: Path) -> None:
    path = write(tmp_path / "w.parquet", table(walk()))
    os.truncate(path, int(path.stat().st_size * share) + 1)
    with pytest.raises(UnreadableFile, match=r"w\.parquet cannot be read: .*cut short"):
        read_recording(path)


@pytest.mark.parametrize("share", [0.01, 0.5, 0.97])
def test_a_half_written_video_is_named(share: float, tmp_path: Path) -> None:
    write(tmp_path / "w" / "states.csv", table(walk()))
    video = write_video(tmp_path / "w" / "camera.mp4", walk().frames)
    os.truncate(video, int(video.stat().st_size * share))
    with pytest.raises(UnreadableFile, match=r"camera\.mp4 cannot be read: .*cut short"):
        read_recording(tmp_path / "w")


@pytest.mark.parametrize(
    ("content", "error", "said"),
    [
        ("x,y\n1,2\n3\n", UnreadableFile, r"Expected 2 columns, got 1"),
        ("x,y\n", UnusableData, "rows: there are none"),
        ("x,x\n1,2\n", UnusableData, "there are several named x"),
    ],
)
def test_csv_files_that_are_no_tables_are_refused(content: str, error: type, said: str, tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text(content)
    with pytest.raises(error, match=rf"w\.csv.*{said}"):
        read_recording(tmp_path / "w.csv")


def test_a_word_among_numbers_is_named_with_its_row(tmp_path: Path) -> None:
    (tmp_path / "w.csv").write_text("x,y\n" + "1,2\n" * 7 + "oops,2\n")
    with pytest.raises(UnusableData, match=r"column 'x': it holds text \(row 7 is 'oops'\)"):
        read_recording(tmp_path / "w.csv", states=["x"])
    assert read_recording(tmp_path / "w.csv").names == ("y",)


def test_describe_shows_what_lies_beside_a_table(tmp_path: Path) -> None:
    w = walk()
    write(tmp_path / "w" / "states.csv", table(w))
    save_images(tmp_path / "w" / "camera", w.frames)
    lines = str(describe(tmp_path / "w")).splitlines()
    assert lines[2].split()[:2] == ["x", "39"]
    assert lines[2].split()[-1] == "states"
    assert "camera/" in lines[-1]
    assert lines[-1].endswith("frames")


def test_a_folder_of_something_else_is_shown(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    (tmp_path / "data.lance").mkdir()
    with pytest.raises(UnknownLayout, match=r"looks like a folder with data\.lance/, notes\.txt\. Known: "):
        read_recording(tmp_path)


@pytest.mark.parametrize(("package", "name"), [("pyarrow", "w.csv"), ("av", "")])
def test_without_a_package_the_extra_is_named(
    package: str, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "w" / "w.csv", table(walk()))
    write_video(tmp_path / "w" / "camera.mp4", walk().frames)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(MissingDependency, match=rf"{package} is missing; .*pip install 'worldprobe\[data\]'"):
        read_recording(tmp_path / "w" / name)


def test_a_table_that_names_the_images_of_its_folder_is_no_question(tmp_path: Path) -> None:
    """CausalVerse: SPLIT/SPLIT.csv next to its images, with their paths from the folder above."""
    folder = tmp_path / "image" / "FALL"
    folder.mkdir(parents=True)
    w = walk((9,))
    rows = ["view,height,render_path"]
    for row, frame in enumerate(w.frames):
        Image.fromarray(frame).save(folder / f"{8 - row}.png")
        rows.append(f"{row % 4},{w.states[row, 0]},FALL/{8 - row}.png")
    (folder / "FALL.csv").write_text("\n".join(rows))
    r = read_recording(folder)
    assert r.chosen["frames"].startswith("render_path (PNG images in files)")
    assert r.frames is not None
    np.testing.assert_array_equal(r.frames.read([0, 8]), w.frames[[0, 8]])
