"""Measure a million embeddings of 192 dimensions against 10 states: seconds and peak memory, with every measure.

python benchmarks/measure.py                writes benchmarks/results/measure.json
"""

from __future__ import annotations

import json
import resource
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from worldprobe._util.cores import available
from worldprobe.evaluation.measuring import measure

ROWS, DIMENSIONS, STATES, LENGTH = 1_000_000, 192, 10, 500
OUT = Path(__file__).parent / "results" / "measure.json"


def main() -> None:
    """Write a log and its embeddings, measure them, and keep what it took."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder))
        start = time.perf_counter()
        found = measure({"h": str(Path(folder) / "h.npy")}, Path(folder) / "log.npz")
        seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    values = found.to_json()["taps"]["h"]
    result = {
        "rows": ROWS,
        "dimensions": DIMENSIONS,
        "states": STATES,
        "cores": available(),
        "seconds": round(seconds, 1),
        "peak_memory_gb": round(peak / 1e9, 2),
        "r2": values["r2"],
        "mlp_r2": values["mlp_r2"],
        "verdict": found.verdict,
    }
    OUT.write_text(json.dumps(result, indent=2) + "\n", encoding="utf8")
    print(json.dumps(result, indent=2))


def write(folder: Path) -> None:
    """Write walks of every state, and embeddings that code them by a random linear map under noise."""
    rng = np.random.default_rng(0)
    z = np.empty((ROWS // LENGTH, LENGTH, STATES), dtype=np.float32)
    z[:, 0] = rng.standard_normal((ROWS // LENGTH, STATES))
    for t in range(1, LENGTH):
        z[:, t] = 0.95 * z[:, t - 1] + np.sqrt(1 - 0.95**2) * rng.standard_normal((ROWS // LENGTH, STATES))
    np.savez(folder / "log.npz", state=z.reshape(-1, STATES), episode=np.repeat(np.arange(ROWS // LENGTH), LENGTH))
    code = rng.standard_normal((STATES, DIMENSIONS), dtype=np.float32)
    h = np.lib.format.open_memmap(folder / "h.npy", "w+", np.float32, (ROWS, DIMENSIONS))
    for first in range(0, ROWS, 1 << 16):
        part = z.reshape(-1, STATES)[first : first + (1 << 16)]
        h[first : first + (1 << 16)] = part @ code + rng.standard_normal((len(part), DIMENSIONS), dtype=np.float32)
    h.flush()


if __name__ == "__main__":
    main()
