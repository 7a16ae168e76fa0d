"""How to convert logs that are in no readable format: by what their own tools call them."""

from __future__ import annotations

from pathlib import Path

NEVER_EXECUTED = "A pickle would have to be executed to be read: load it where it is from, and np.savez its arrays"

BY_SUFFIX = {
    ".npy": "One array says nothing of the others: np.savez('log.npz', state=..., action=..., episode=...)",
    ".pkl": NEVER_EXECUTED,
    ".pickle": NEVER_EXECUTED,
    ".bag": "Convert the ROS 1 bag: pip install rosbags; rosbags-convert --src IN.bag --dst OUT --dst-storage mcap",
    ".db3": "Convert the ROS 2 bag: ros2 bag convert, with storage_id: mcap in the output's options",
    ".ulg": "Convert the PX4 log: pip install pyulog; ulog2csv LOG.ulg, then name one of the tables",
    ".mat": "Convert it: scipy.io.loadmat, then np.savez its arrays",
    ".bvh": "Convert the motion to a table: a row for every frame, as CSV with a header line",
    ".json": "Write the numbers as CSV, a row for every step, or with np.savez",
    ".jsonl": "Write the numbers as CSV, a row for every step, or with np.savez",
    ".zip": "Unpack it first",
    ".gz": "Unpack it first",
    ".tar": "Unpack it first",
    ".7z": "Unpack it first",
    ".zarr": "Write its arrays with np.savez: zarr.open(path), then each array by its name",
}
"""What to do about a file of this suffix, or a folder that holds one."""
JSON = "It holds JSON: write the numbers as CSV, a row for every step, or with np.savez"
BINARY_COLMAP = "Convert the binary model: colmap model_converter --input_path {0} --output_path {0} --output_type TXT"


def how_to_convert(path: Path) -> str:
    """Return what to do about a path that no format recognises; "" where nothing is known of it."""
    if path.is_dir() and path.suffix.lower() != ".zarr":
        return _in_folder(path)
    known = BY_SUFFIX.get(path.suffix.lower(), "")
    return f"{known}." if known else f"{JSON}." if path.is_file() and _is_json(path) else ""


def _in_folder(path: Path) -> str:
    for model in (path, path / "sparse" / "0", path / "sparse"):
        if (model / "images.bin").is_file() or (model / "cameras.bin").is_file():
            return f"{BINARY_COLMAP.format(model)}."
    suffixes = {entry.suffix.lower() for entry in path.iterdir()}
    known = next((said for suffix, said in BY_SUFFIX.items() if suffix in suffixes and suffix != ".json"), "")
    return f"{known}." if known else ""


def _is_json(path: Path) -> bool:
    with open(path, "rb") as handle:
        head = handle.read(64).lstrip()
    return head[:1] in (b"{", b"[") and b"\0" not in head
