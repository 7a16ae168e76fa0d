"""A data set is read in its own folder: paths of another machine are found in it, and what lies outside is refused."""

import json
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow import csv

from recordings.lerobot_folders import write_v21
from recordings.walks import walk
from worldprobe.recordings import UnreadableFile, UnusableData, read_recording

FRAMES = walk((4,)).frames


def table_of(folder: Path, names: list[str]) -> Path:
    folder.mkdir(exist_ok=True)
    csv.write_csv(pa.table({"x": np.arange(4.0), "image": names}), folder / "w.csv")
    return folder / "w.csv"


def save_images(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for row, frame in enumerate(FRAMES):
        Image.fromarray(frame).save(folder / f"{row}.png")


@pytest.mark.parametrize(
    "name",
    ["images\\{}.png", "C:\\logs\\run 3\\images\\{}.png", "/home/somebody/data/images/{}.png", "../images/{}.png"],
)
def test_images_are_found_by_name_wherever_they_were_recorded(name: str, tmp_path: Path) -> None:
    save_images(tmp_path / "w" / "images")
    r = read_recording(table_of(tmp_path / "w", [name.format(row) for row in range(4)]))
    assert r.frames is not None
    np.testing.assert_array_equal(r.frames.read(np.arange(4)), FRAMES)


@pytest.mark.parametrize("name", ["../secret/{}.png", "{root}/secret/{}.png"])
def test_images_outside_of_the_folder_are_refused(name: str, tmp_path: Path) -> None:
    save_images(tmp_path / "secret")
    path = table_of(tmp_path / "w", [name.format(row, root=tmp_path) for row in range(4)])
    with pytest.raises(UnusableData, match=r"lies outside of it.*Only a data set's own folder is read"):
        read_recording(path)
    assert read_recording(path, frames="none").rows == 4


def test_where_frames_are_missing_the_states_alone_are_offered_first(tmp_path: Path) -> None:
    path = table_of(tmp_path / "w", [f"images/{row}.png" for row in range(4)])
    with pytest.raises(UnreadableFile, match=r'there is no such file\. Pass frames="none" to read the states alone'):
        read_recording(path)
    dataset = write_v21(tmp_path / "v21", walk())
    for video in dataset.rglob("*.mp4"):
        video.unlink()
    with pytest.raises(
        UnreadableFile, match=r'no such file\. Pass frames="none" to read the states alone\. The dataset'
    ):
        read_recording(dataset)
    assert read_recording(dataset, frames="none").rows == walk().rows


def test_rows_whose_images_are_missing_are_dropped_where_that_is_asked_for(tmp_path: Path) -> None:
    save_images(tmp_path / "w" / "images")
    (tmp_path / "w" / "images" / "0.png").unlink()
    (tmp_path / "w" / "images" / "2.png").unlink()
    path = table_of(tmp_path / "w", [f"images/{row}.png" for row in range(4)])
    with pytest.raises(UnreadableFile, match=r"0\.png .*no such file \(2 of 4 are missing\).*drop_bad=True leaves out"):
        read_recording(path)
    r = read_recording(path, drop_bad=True)
    assert r.states[:, 0].tolist() == [1.0, 3.0]
    assert r.episodes.tolist() == [0, 1]
    assert r.frames is not None
    np.testing.assert_array_equal(r.frames.read([0, 1]), FRAMES[[1, 3]])
    assert r.chosen["drop_bad"] == "dropped 2 rows (0, 2) without an image; 1 episodes became 2"


def test_damaged_videos_do_not_matter_to_the_states(tmp_path: Path) -> None:
    table_of(tmp_path / "w", ["a", "b", "c", "d"])
    (tmp_path / "w" / "camera.mp4").write_bytes(b"no video")
    with pytest.raises(UnreadableFile, match=r'camera\.mp4 .*Pass frames="none"'):
        read_recording(tmp_path / "w")
    assert read_recording(tmp_path / "w", frames="none").rows == 4


def test_a_git_lfs_pointer_is_called_one(tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"
    for name in ("w.parquet", "w.h5", "w.npz"):
        (tmp_path / name).write_text(pointer)
        with pytest.raises(UnreadableFile, match=r"a Git LFS pointer, .*git lfs pull"):
            read_recording(tmp_path / name)
    dataset = write_v21(tmp_path / "v21", walk())
    for path in [*dataset.rglob("*.mp4"), *dataset.rglob("*.parquet")]:
        path.write_text(pointer)
        with pytest.raises(UnreadableFile, match="git lfs pull"):
            read_recording(dataset)


@pytest.mark.parametrize(
    "template", ["../../{episode_index}.parquet", "/etc/{episode_index}", "{episode_index:>1000000000}"]
)
def test_templates_that_lead_elsewhere_are_refused(template: str, tmp_path: Path) -> None:
    dataset = write_v21(tmp_path / "v21", walk())
    info = dataset / "meta" / "info.json"
    info.write_text(json.dumps({**json.loads(info.read_text()), "data_path": template}))
    with pytest.raises(UnusableData, match=r"own folder|does not name a file"):
        read_recording(dataset)


@pytest.mark.parametrize(
    ("key", "value"),
    [("chunks_size", 0), ("chunks_size", "a"), ("features", []), ("features", {"a": 3}), ("fps", None), ("fps", -1)],
)
def test_an_info_of_other_types_is_refused_in_one_line(key: str, value: object, tmp_path: Path) -> None:
    dataset = write_v21(tmp_path / "v21", walk())
    info = dataset / "meta" / "info.json"
    info.write_text(json.dumps({**json.loads(info.read_text()), key: value}))
    with pytest.raises(UnusableData, match=rf"info\.json, {key}: it is .*, not "):
        read_recording(dataset)


def test_arrays_in_other_hdf5_files_are_refused(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["z"] = np.arange(5.0)
    layout = h5py.VirtualLayout((5,), "f8")
    layout[:] = h5py.VirtualSource(tmp_path / "secret.h5", "z", (5,))
    with h5py.File(tmp_path / "virtual.h5", "w") as file:
        file.create_virtual_dataset("z", layout)
    np.arange(5.0).tofile(tmp_path / "secret.bin")
    with h5py.File(tmp_path / "external.h5", "w") as file:
        file.create_dataset("z", (5,), "f8", external=[(str(tmp_path / "secret.bin"), 0, 40)])
    with h5py.File(tmp_path / "link.h5", "w") as file:
        file["data"] = h5py.ExternalLink(str(tmp_path / "demos.h5"), "data")
    with h5py.File(tmp_path / "demos.h5", "w") as file:
        file["data/demo_0/actions"], file["data/demo_0/obs/z"] = np.zeros((5, 1)), np.arange(5.0)
    for name in ("virtual.h5", "external.h5", "link.h5"):
        with pytest.raises(UnusableData, match="another file"):
            read_recording(tmp_path / name)
