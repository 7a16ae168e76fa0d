"""Whatever happens to a file's bytes, a recording is read or refused in words: no library's error comes through."""

from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import csv, parquet

from recordings.hdf5_files import write_robomimic, write_stable_worldmodel
from recordings.lerobot_folders import write_v3, write_v21
from recordings.videos import write_video
from recordings.walks import Walk, walk
from worldprobe.errors import WorldprobeError
from worldprobe.recordings import describe, read_recording


def write_npz(path: Path, w: Walk) -> Path:
    path.mkdir(parents=True)
    np.savez_compressed(path / "w.npz", z=w.states, frames=w.frames, ep=w.episode)
    return path / "w.npz"


def write_parquet(path: Path, w: Walk) -> Path:
    path.mkdir(parents=True)
    parquet.write_table(pa.table({"state": list(w.states), "ep": w.episode, "step": w.step}), path / "w.parquet")
    write_video(path / "camera.mp4", w.frames)
    return path


def write_csv(path: Path, w: Walk) -> Path:
    path.mkdir(parents=True)
    csv.write_csv(pa.table({"x": w.states[:, 0], "ep": w.episode, "step": w.step}), path / "w.csv")
    return path


DAMAGE = st.tuples(st.sampled_from(["cut", "flip", "leave out"]), st.floats(0, 1), st.floats(0, 1, exclude_max=True))


def damaged(content: bytes, kind: str, where: float) -> bytes:
    at = int(where * len(content))
    if kind == "cut":
        return content[:at]
    if kind == "leave out":
        return content[:at] + content[at + 7 :]
    return content[:at] + bytes([content[at] ^ 16]) + content[at + 1 :]


@pytest.mark.slow_after(1)
@pytest.mark.parametrize(
    "write", [write_npz, write_parquet, write_csv, write_robomimic, write_stable_worldmodel, write_v21, write_v3]
)
def test_damage_is_refused_in_words_or_does_not_matter(write: Callable[[Path, Walk], Path], tmp_path: Path) -> None:
    path = write(tmp_path / "w", walk((5, 3, 6)))
    files = sorted(file for file in (path.rglob("*") if path.is_dir() else [path]) if file.is_file())

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(damage=DAMAGE)
    def one(damage: tuple[str, float, float]) -> None:
        kind, which, where = damage
        file = files[min(int(which * len(files)), len(files) - 1)]
        whole = file.read_bytes()
        file.write_bytes(damaged(whole, kind, where))
        try:
            with suppress(WorldprobeError):
                frames = read_recording(path).frames
                if frames is not None:
                    frames.read(np.arange(len(frames)))
            with suppress(WorldprobeError):
                describe(path)
        finally:
            file.write_bytes(whole)

    one()
    assert read_recording(path).rows == 14
