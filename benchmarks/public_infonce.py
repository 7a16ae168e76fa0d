"""The paper's public code, run as it is on InfoNCE's sweep over the shape alpha: results/public_infonce.json.

    git clone https://github.com/klindtlab/lejepa-identifiability
    python benchmarks/public_infonce.py lejepa-identifiability [--steps 20000] [--mixing banana]

Recovery is its own `r2_hz_grid`: in-sample, on the even grid over [-3, 3]^2. SIGReg, which it evaluates at every step
whatever it trains with, is switched off: it is not in InfoNCE's loss.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import statistics
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import torch
import yaml

from machine import RESULTS, described
from worldprobe._util.files import write_json

ALPHAS = (1.0, 2.0, 4.0)


def public_code(clone: Path) -> Any:
    """Return the public code's runner, with nothing but InfoNCE to compute."""
    sys.path.insert(0, str(clone / "experiments"))
    import run
    from lejepa_id import engine

    class NoSIGReg(torch.nn.Module):
        def forward(self, h: torch.Tensor) -> torch.Tensor:
            return h.new_zeros(())

    engine.SIGReg = NoSIGReg
    return run


def recovered(code: Any, config: dict[str, Any], name: str, alpha: float, seed: int) -> float:
    """Train one encoder by the public code's settings and return its R^2 on the grid."""
    spec = code.resolve_run_spec(config, SimpleNamespace(run=name, alpha=alpha, seed=seed, mode=None))
    with contextlib.redirect_stdout(io.StringIO()):
        found, _ = code.run_single(spec, torch.device("cuda" if torch.cuda.is_available() else "cpu"))
    return float(found["r2_hz_grid"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clone", type=Path)
    parser.add_argument("--steps", type=int, default=20_000)
    parser.add_argument("--mixing", default="banana")
    asked = parser.parse_args()
    code = public_code(asked.clone)
    config = yaml.safe_load((asked.clone / "experiments" / "configs" / "gennorm.yaml").read_text())
    config |= {"steps": asked.steps, "log_every": 5000}
    rows = {}
    for alpha in ALPHAS:
        start = time.perf_counter()
        r2 = [recovered(code, config, f"{asked.mixing}_infonce", alpha, seed) for seed in config["seeds"]]
        rows[f"{alpha:g}"] = {
            "r2": [round(value, 6) for value in r2],
            "mean": round(statistics.mean(r2), 6),
            "sd": round(statistics.stdev(r2), 6),
            "seconds": round(time.perf_counter() - start, 1),
        }
        print(alpha, rows[f"{alpha:g}"], flush=True)
    write_json(
        RESULTS / "public_infonce.json",
        {"machine": described(), "steps": asked.steps, "mixing": asked.mixing, "seeds": config["seeds"], "alpha": rows},
    )


if __name__ == "__main__":
    main()
