"""A million rows are read in seconds and little memory."""

import json
import subprocess
import sys
from pathlib import Path

import h5py
import numpy as np
import pyarrow as pa
import pytest
from pyarrow import parquet

ROWS, EPISODE = 1_000_000, 500
READ = """
import json, sys, time
from pathlib import Path
from worldprobe.recordings import read_recording
read = {}
for path in sys.argv[1:]:
    start = time.process_time()
    recording = read_recording(path)
    pairs = recording.pairs().index
    recording.standardised()
    read[recording.source.format] = [recording.rows, len(pairs), time.process_time() - start]
# VmHWM begins anew with this program; ru_maxrss would count what the process was that started it.
peak = 1024 * int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0])
print(json.dumps([read, peak]))
"""


def write(path: Path) -> Path:
    states = np.random.default_rng(0).standard_normal((ROWS, 8), dtype=np.float32)
    episode = np.arange(ROWS) // EPISODE
    if path.suffix == ".npz":
        np.savez(path, z=states, episode=episode)
    elif path.suffix == ".parquet":
        lists = pa.FixedSizeListArray.from_arrays(pa.array(states.ravel()), 8)
        parquet.write_table(pa.table({"state": lists, "episode": episode}), path)
    else:
        with h5py.File(path, "w") as file:
            for number, part in enumerate(np.split(states, ROWS // EPISODE)):
                demo = file.create_group(f"data/demo_{number}")
                demo["obs/state"], demo.attrs["num_samples"] = part, len(part)
    return path


@pytest.mark.slow
def test_a_million_rows_take_seconds_and_less_than_a_gigabyte(tmp_path: Path) -> None:
    paths = [str(write(tmp_path / name)) for name in ("w.npz", "w.parquet", "w.hdf5")]
    done = subprocess.run([sys.executable, "-c", READ, *paths], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    read, peak = json.loads(done.stdout)
    assert set(read) == {"npz", "parquet", "robomimic"}
    for rows, pairs, seconds in read.values():
        assert (rows, pairs) == (ROWS, ROWS - ROWS // EPISODE)
        assert seconds < 10.0
    assert peak < 1_000_000_000
