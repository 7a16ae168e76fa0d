"""The smallest good recording of every format, as its own tools lay it out; tests damage them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import torch
from PIL import Image
from pyarrow import csv, parquet
from scipy.spatial.transform import Rotation

from recordings.arkit_files import write_polycam, write_record3d, write_scanner, write_scene
from recordings.driving_logs import write_carla, write_comma
from recordings.hdf5_files import write_robomimic, write_stable_worldmodel
from recordings.lerobot_folders import write_v3, write_v21
from recordings.mcap_logs import write_walk
from recordings.rlds_folders import write_rlds
from recordings.stable_worldmodels import write_folder, write_lance
from recordings.videos import write_video
from recordings.walks import Walk, walk

ROWS = 14
WALK = walk((5, 3, 6))


def _poses() -> tuple[np.ndarray, np.ndarray]:
    """Return positions and quaternions (x, y, z, w)."""
    rng = np.random.default_rng(0)
    turns = Rotation.from_euler("ZYX", rng.uniform(-60, 60, (ROWS, 3)), degrees=True).as_quat()
    return rng.standard_normal((ROWS, 3)), turns


def images(folder: Path, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for place, name in enumerate(names):
        Image.fromarray(WALK.frames[place]).save(folder / name)


def npz(folder: Path) -> Path:
    np.savez_compressed(folder / "w.npz", z=WALK.states, frames=WALK.frames, ep=WALK.episode)
    return folder / "w.npz"


def npz_episodes(folder: Path) -> Path:
    parts = zip(*(WALK.parts(array) for array in (WALK.states, WALK.actions, WALK.frames)), strict=True)
    for number, (states, actions, frames) in enumerate(parts):
        first = np.arange(len(states)) == 0
        np.savez(folder / f"{number}-{len(states)}.npz", vector=states, action=actions, image=frames, is_first=first)
    return folder


def table(folder: Path) -> Path:
    columns = {"state": list(WALK.states), "ep": WALK.episode, "step": WALK.step, "at": ["a"] * ROWS}
    parquet.write_table(pa.table(columns), folder / "w.parquet")
    write_video(folder / "camera.mp4", WALK.frames)
    return folder


def image_table(folder: Path) -> Path:
    images(folder, [f"{row}.png" for row in range(ROWS)])
    names = [f"{row}.png" for row in range(ROWS)]
    csv.write_csv(pa.table({"x": WALK.states[:, 0], "ep": WALK.episode, "image": names}), folder / "w.csv")
    return folder / "w.csv"


def hdf5(folder: Path) -> Path:
    with h5py.File(folder / "w.h5", "w") as file:
        file["obs/state"], file["action"], file["episode"] = WALK.states, WALK.actions, WALK.episode
        file.create_dataset("pixels", data=WALK.frames, compression="gzip", chunks=(4, 16, 24, 3))
    return folder / "w.h5"


def hdf5_clips(folder: Path) -> Path:
    with h5py.File(folder / "w.h5", "w") as file:
        file["state"], file["lengths"] = WALK.states.reshape(2, 7, 3), np.array([7, 7])
    return folder / "w.h5"


def minari(folder: Path) -> Path:
    (folder / "data").mkdir()
    with h5py.File(folder / "data" / "main_data.hdf5", "w") as file:
        parts = zip(*(WALK.parts(array) for array in (WALK.states, WALK.actions, WALK.frames)), strict=True)
        for number, (states, actions, frames) in enumerate(parts):
            group = file.create_group(f"episode_{number}")
            group["observations/qpos"], group["observations/image"], group["actions"] = states, frames, actions[:-1]
            group["rewards"], group["truncations"] = actions[:-1, 0], np.zeros(len(actions) - 1, dtype=bool)
    return folder


def hdf5_episodes(folder: Path) -> Path:
    """As ManiSkill writes it: an observation more than actions."""
    with h5py.File(folder / "w.h5", "w") as file:
        parts = zip(*(WALK.parts(array) for array in (WALK.states, WALK.actions, WALK.frames)), strict=True)
        for number, (states, actions, frames) in enumerate(parts):
            group = file.create_group(f"traj_{number}")
            group["obs/state"], group["obs/rgb"], group["actions"] = states, frames, actions[:-1]
            group["success"] = np.zeros(len(actions) - 1, dtype=bool)
    return folder / "w.h5"


def imitation(folder: Path) -> Path:
    parts = [part[:-1] for part in WALK.parts(WALK.actions)]
    ends = np.cumsum([len(part) for part in parts])[:-1]
    done = np.ones(len(parts), dtype=bool)
    np.savez(folder / "final.npz", obs=WALK.states, acts=np.concatenate(parts), indices=ends, terminal=done)
    return folder / "final.npz"


def kitti(folder: Path) -> Path:
    places, turns = _poses()
    rows = np.concatenate([Rotation.from_quat(turns).as_matrix(), places[:, :, None]], axis=2)
    (folder / "00.txt").write_text(_lines(rows.reshape(-1, 12), " "))
    (folder / "times.txt").write_text(_lines(np.arange(ROWS)[:, None] / 10, " "))
    return folder / "00.txt"


def aloha(folder: Path) -> Path:
    parts = zip(*(WALK.parts(array) for array in (WALK.states, WALK.actions, WALK.frames)), strict=True)
    for number, (states, actions, frames) in enumerate(parts):
        with h5py.File(folder / f"episode_{number}.hdf5", "w") as file:
            file["observations/qpos"], file["action"], file["observations/images/top"] = states, actions, frames
    return folder


def td_mpc2(folder: Path) -> Path:
    held = {"obs": torch.tensor(WALK.states.reshape(2, 7, 3)), "action": torch.tensor(WALK.actions.reshape(2, 7, 2))}
    torch.save(held, folder / "chunk_0.pt")
    return folder / "chunk_0.pt"


def tum(folder: Path) -> Path:
    names = [f"{row}.png" for row in range(ROWS)]
    images(folder / "rgb", names)
    rows = np.column_stack([np.arange(ROWS) / 10, *_poses()])
    (folder / "groundtruth.txt").write_text("# timestamp tx ty tz qx qy qz qw\n" + _lines(rows, " "))
    (folder / "rgb.txt").write_text("".join(f"{row / 10} rgb/{name}\n" for row, name in enumerate(names)))
    return folder


def euroc(folder: Path) -> Path:
    truth = folder / "mav0" / "state_groundtruth_estimate0"
    truth.mkdir(parents=True)
    places, turns = _poses()
    stamps = 1_403_636_580_000_000_000 + 5_000_000 * np.arange(ROWS)
    lines = _lines(np.column_stack([places, turns[:, [3, 0, 1, 2]]]), ",").splitlines()
    truth.joinpath("data.csv").write_text("\n".join(f"{t},{line}" for t, line in zip(stamps, lines, strict=True)))
    images(folder / "mav0" / "cam0" / "data", [f"{t}.png" for t in stamps])
    (folder / "mav0" / "cam0" / "data.csv").write_text("\n".join(f"{t},{t}.png" for t in stamps))
    return folder


def airsim(folder: Path) -> Path:
    names = [f"img_{row}.png" for row in range(ROWS)]
    images(folder / "images", names)
    places, turns = _poses()
    lines = _lines(np.column_stack([places, turns[:, [3, 0, 1, 2]]]), "\t").splitlines()
    rows = "".join(f"Drone\t{row}\t{line}\t{names[row]}\n" for row, line in enumerate(lines))
    header = "VehicleName\tTimeStamp\tPOS_X\tPOS_Y\tPOS_Z\tQ_W\tQ_X\tQ_Y\tQ_Z\tImageFile\n"
    (folder / "airsim_rec.txt").write_text(header + rows)
    return folder


def nerf(folder: Path) -> Path:
    images(folder / "train", [f"r_{row}.png" for row in range(ROWS)])
    places, turns = _poses()
    matrices = np.tile(np.eye(4), (ROWS, 1, 1))
    matrices[:, :3, :3], matrices[:, :3, 3] = Rotation.from_quat(turns).as_matrix(), places
    frames = [{"file_path": f"./train/r_{row}", "transform_matrix": m.tolist()} for row, m in enumerate(matrices)]
    (folder / "transforms.json").write_text(json.dumps({"camera_angle_x": 0.7, "frames": frames}))
    return folder


def colmap(folder: Path) -> Path:
    images(folder / "images", [f"{row}.png" for row in range(ROWS)])
    (folder / "sparse" / "0").mkdir(parents=True)
    (folder / "sparse" / "0" / "cameras.txt").write_text("1 PINHOLE 24 16 10 10 12 8\n")
    places, turns = _poses()
    lines = _lines(np.column_stack([turns[:, [3, 0, 1, 2]], places]), " ").splitlines()
    text = "".join(f"{row + 1} {line} 1 {row}.png\n\n" for row, line in enumerate(lines))
    (folder / "sparse" / "0" / "images.txt").write_text(text)
    return folder


def lance(folder: Path) -> Path:
    """Without the factors of variation, so that there is one candidate for the states."""
    return write_lance(folder / "w.lance", WALK, varied=False)


def _lines(rows: np.ndarray, separator: str) -> str:
    return "".join(separator.join(f"{value:.6f}" for value in row) + "\n" for row in rows)


def _posed(write: Callable[[Path, tuple[np.ndarray, np.ndarray], np.ndarray], Path]) -> Callable[[Path], Path]:
    angles = np.random.default_rng(1).uniform(-60, 60, (ROWS, 3))
    return lambda folder: write(folder / "set", (_poses()[0], angles), WALK.frames)


def _inside(write: Callable[[Path, Walk], Path], name: str) -> Callable[[Path], Path]:
    return lambda folder: write(folder / name, WALK)


SAMPLES: dict[str, Callable[[Path], Path]] = {
    "npz": npz,
    "npz-episodes": npz_episodes,
    "parquet": table,
    "csv": image_table,
    "hdf5": hdf5,
    "hdf5-clips": hdf5_clips,
    "robomimic": _inside(write_robomimic, "w.hdf5"),
    "stable-worldmodel": _inside(write_stable_worldmodel, "w.h5"),
    "minari": minari,
    "aloha": aloha,
    "hdf5-episodes": hdf5_episodes,
    "imitation": imitation,
    "kitti": kitti,
    "td-mpc2": td_mpc2,
    "tum": tum,
    "euroc": euroc,
    "airsim": airsim,
    "nerf": nerf,
    "colmap": colmap,
    "mcap": _inside(write_walk, "w.mcap"),
    "arkit": _posed(write_scene),
    "arkit-polycam": _posed(write_polycam),
    "arkit-record3d": _posed(write_record3d),
    "arkit-scanner": _posed(write_scanner),
    "carla": _inside(write_carla, "set"),
    "comma2k19": _inside(write_comma, "set"),
    "stable-worldmodel-folder": _inside(write_folder, "set"),
    "lance": lance,
    "rlds": _inside(write_rlds, "set"),
    "lerobot-v2": _inside(write_v21, "set"),
    "lerobot-v3": _inside(write_v3, "set"),
}
"""A function a layout: it writes into an empty folder and returns the path that is read."""
WRITERS = {"mcap": "mcap_ros2", "lance": "lance", "rlds": "tfrecord"}
"""The packages that some of them are written with."""
