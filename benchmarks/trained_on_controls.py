"""A small encoder of the controls themselves, trained with SIGReg: what predictions are compared with."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch

from worldprobe._util.seeds import stream, stream_seed
from worldprobe.measures.probes import fit_probe
from worldprobe.stats.r2 import r2_per_column
from worldprobe.train import draw_directions, sigreg

Draw = Callable[[np.random.Generator, int], tuple[np.ndarray, np.ndarray]]
"""From a generator and a number, so many pairs of controls."""

WIDTH, BATCH, SLICES, RATE = 128, 512, 64, 3e-3
LAMBDA = 0.025
"""SIGReg's weight; alignment has the rest."""
MEASURED = 50_000


def trained(draw: Draw, n: int, steps: int, seed: int, weight: float = LAMBDA) -> dict[str, Any]:
    """Train on fresh pairs, standardised; return R^2 per control and the total pair correlation at each quarter."""
    torch.manual_seed(stream_seed(seed, "encoder") % 2**31)
    generator = torch.Generator().manual_seed(stream_seed(seed, "batches"))
    rng = stream(seed, "controls")
    sample = np.concatenate(draw(stream(0, "scale"), MEASURED))
    mean, sd = sample.mean(axis=0), sample.std(axis=0)

    def standardised(count: int) -> torch.Tensor:
        pairs = np.concatenate(draw(rng, count))
        return torch.as_tensor(((pairs - mean) / sd).astype(np.float32))

    layers = [torch.nn.Linear(n, WIDTH), torch.nn.GELU(), torch.nn.Linear(WIDTH, WIDTH), torch.nn.GELU()]
    encoder = torch.nn.Sequential(*layers, torch.nn.Linear(WIDTH, n))
    optimiser = torch.optim.AdamW(encoder.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    history = []
    for step in range(steps):
        h = encoder(standardised(BATCH))
        alignment = (h[:BATCH] - h[BATCH:]).square().mean() / 4
        loss = weight * sigreg(h, draw_directions(n, SLICES, generator)) + (1 - weight) * alignment
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if (step + 1) % (steps // 4) == 0:
            with torch.no_grad():
                z = standardised(MEASURED)
                h = encoder(z)
            read, first, second = z[:MEASURED].numpy(), h[:MEASURED].numpy(), h[MEASURED:].numpy()
            each = r2_per_column(read, fit_probe(first, read)(first))
            history.append(
                {"steps": step + 1, "r2 per control": rounded(each), "total": rounded(_total(first, second))}
            )
    print(f"  trained: {history[-1]}", flush=True)
    return {"seed": seed, "history": history}


def rounded(value: Any) -> Any:
    """Return a number, or numbers, to four places as JSON takes them; None stays."""
    if value is None:
        return None
    return np.round(np.asarray(value, dtype=float), 4).tolist()


def _total(first: np.ndarray, second: np.ndarray) -> float:
    """Return the features' pair correlations, added, whitened: tr (Cov h)^-1 C_1."""
    one, two = first - first.mean(axis=0), second - second.mean(axis=0)
    covariance = np.cov(first, rowvar=False).reshape(first.shape[1], -1)
    return float(np.trace(np.linalg.solve(covariance, one.T @ two / len(one))))
