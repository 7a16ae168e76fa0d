"""HDF5 files as robomimic and stable-worldmodel lay them out."""

from __future__ import annotations

from pathlib import Path

import h5py
import numpy as np

from recordings.walks import Walk


def write_robomimic(path: Path, walk: Walk, order: list[int] | None = None) -> Path:
    """Write `data/demo_K/...`; the groups are made in `order`, and HDF5 lists demo_10 before demo_2."""
    parts = [walk.parts(array) for array in (walk.states, walk.actions, walk.frames)]
    with h5py.File(path, "w") as file:
        data = file.create_group("data")
        data.attrs["total"], data.attrs["env_args"] = walk.rows, "{}"
        for number in order or range(len(walk.lengths)):
            states, actions, frames = (part[number] for part in parts)
            demo = data.create_group(f"demo_{number}")
            demo.attrs["num_samples"] = len(states)
            demo["states"] = np.zeros((len(states), 0))
            demo["actions"], demo["rewards"], demo["dones"] = actions, actions[:, 0], actions[:, 0] > 0
            for group, shift in (("obs", 0), ("next_obs", 1)):
                demo[f"{group}/robot0_eef_pos"] = np.roll(states, -shift, axis=0)
                demo[f"{group}/agentview_image"] = np.roll(frames, -shift, axis=0)
        file["mask/train"] = np.array([b"demo_0"])
    return path


def write_stable_worldmodel(path: Path, walk: Walk) -> Path:
    """Write one extendable array a column in chunks of one row, as its HDF5Writer does."""
    columns = {"pixels": walk.frames, "action": walk.actions, "state": walk.states, "reward": walk.actions[:, 0]}
    columns |= {"step_idx": walk.step, "ep_idx": walk.episode, "terminated": walk.step > 5}
    with h5py.File(path, "w", libver="latest") as file:
        for name, array in columns.items():
            shape = array.shape[1:]
            file.create_dataset(name, data=array, maxshape=(None, *shape), chunks=(1, *shape))
        text = file.create_dataset("language", (walk.rows,), dtype=h5py.string_dtype(), chunks=(1,), maxshape=(None,))
        text[:] = ["push"] * walk.rows
        file["ep_len"] = np.array(walk.lengths, dtype=np.int32)
        file["ep_offset"] = walk.starts.astype(np.int64)
    return path
