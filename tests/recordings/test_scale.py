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
import json, resource, sys, time
from worldprobe.recordings import read_recording
recording = read_recording(sys.argv[1])
pairs = recording.pairs().index
recording.standardised()
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(json.dumps([recording.rows, len(pairs), time.process_time(), peak * (1 if sys.platform == "darwin" else 1024)]))
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
@pytest.mark.parametrize("name", ["w.npz", "w.parquet", "w.hdf5"])
def test_a_million_rows_take_seconds_and_less_than_a_gigabyte(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", READ, str(write(tmp_path / name))], capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr
    rows, pairs, seconds, peak = json.loads(done.stdout)
    assert (rows, pairs) == (ROWS, ROWS - ROWS // EPISODE)
    assert seconds < 20.0
    assert peak < 1_000_000_000
