"""The registry of formats: what is recognised as what, and a format of one's own."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from recordings.hdf5_files import write_robomimic, write_stable_worldmodel
from recordings.lerobot_folders import write_v3, write_v21
from recordings.walks import walk
from worldprobe.recordings import (
    FORMATS,
    Column,
    ColumnKind,
    Format,
    Frames,
    Opened,
    SeveralReadings,
    UnknownLayout,
    UnusableData,
    read_recording,
)
from worldprobe.recordings.opening import recognised


@pytest.fixture
def raw() -> Iterator[type[Format]]:
    """A format of single-precision triples without a header, registered for one test."""

    class Raw(Format):
        @classmethod
        def recognises(cls, path: Path) -> bool:
            return path.suffix in (".raw", ".npz")

        @classmethod
        def open(cls, path: Path) -> Opened:
            return OpenedRaw(path, [Column("xyz", path.stat().st_size // 12, (3,), "float32", ColumnKind.NUMBER)])

    class OpenedRaw(Opened):
        def read(self, names: Sequence[str]) -> dict[str, np.ndarray]:
            return {name: np.fromfile(self.path, dtype=np.float32).reshape(-1, 3) for name in names}

        def frames(self, name: str) -> Frames:
            raise AssertionError("there are none")

    FORMATS.register("raw")(Raw)
    yield Raw
    del FORMATS._things["raw"]


@pytest.mark.usefixtures("raw")
def test_a_format_of_ones_own_is_read_as_any_other(tmp_path: Path) -> None:
    w = walk()
    w.states.tofile(tmp_path / "w.raw")
    r = read_recording(tmp_path / "w.raw")
    np.testing.assert_array_equal(r.states, w.states)
    assert (r.source.format, r.names) == ("raw", ("xyz[0]", "xyz[1]", "xyz[2]"))


@pytest.mark.usefixtures("raw")
def test_a_file_that_two_formats_recognise_is_a_question(tmp_path: Path) -> None:
    np.savez(tmp_path / "w.npz", z=np.arange(3.0))
    with pytest.raises(SeveralReadings, match=r'the format: npz, raw\. Pass format="npz" or another'):
        read_recording(tmp_path / "w.npz")
    assert read_recording(tmp_path / "w.npz", format="npz").rows == 3


def test_every_layout_is_recognised_by_one_format_only(tmp_path: Path) -> None:
    w = walk((4, 3))
    np.savez(tmp_path / "w.npz", z=w.states)
    (tmp_path / "w.csv").write_text("x\n1\n2\n")
    paths = {
        "npz": tmp_path / "w.npz",
        "csv": tmp_path / "w.csv",
        "robomimic": write_robomimic(tmp_path / "r.hdf5", w),
        "stable-worldmodel": write_stable_worldmodel(tmp_path / "s.h5", w),
        "lerobot": write_v21(tmp_path / "v21", w),
    }
    for name, path in paths.items():
        assert recognised(path) == [name]
    assert FORMATS["lerobot"].recognises(write_v3(tmp_path / "v3", w, (1,), (1,)))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (("runs/3/measurements/0000.json", "notes.txt"), r"Known: "),
        (("data/chunk-000/episode_0.parquet", "videos/x.mp4"), r"as 'lerobot' does, and lacks meta/info\.json"),
        (("sparse/0/images.bin", "images/0.png"), r"as 'colmap' does, and lacks sparse/0/images\.txt"),
    ],
)
def test_a_folder_that_is_not_known_is_compared_with_those_that_are(
    files: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    for name in files:
        (tmp_path / "set" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "set" / name).write_text("{}")
    with pytest.raises((UnknownLayout, UnusableData), match=said):
        read_recording(tmp_path / "set")


def test_a_folder_in_which_another_is_known_says_which(tmp_path: Path) -> None:
    write_v21(tmp_path / "sets" / "walk", walk((4, 3)))
    with pytest.raises(UnknownLayout, match=r"Its folder 'walk' is in the format 'lerobot': pass that\."):
        read_recording(tmp_path / "sets")
