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

Map = Callable[[np.ndarray], np.ndarray]
"""From controls to an embedding, or to what an encoder is shown of them."""

WIDTH, BATCH, SLICES, RATE = 128, 512, 64, 3e-3
LAMBDA = 0.025
"""SIGReg's weight; alignment has the rest."""
MEASURED = 50_000
FITTED_STEPS = 500
"""Steps in which an encoder is fitted to the map that it starts at."""


def trained(
    draw: Draw,
    n: int,
    steps: int,
    seed: int,
    weight: float = LAMBDA,
    start: Map | None = None,
    shown: Map | None = None,
) -> dict[str, Any]:
    """Train on fresh pairs; return R^2 per control, total pair correlation and loss at each quarter.

    The encoder starts near the map `start`, or anywhere; it is given the controls, standardised, or what `shown` makes
    of them.
    """
    torch.manual_seed(stream_seed(seed, "encoder") % 2**31)
    generator = torch.Generator().manual_seed(stream_seed(seed, "batches"))
    rng = stream(seed, "controls")
    sample = np.concatenate(draw(stream(0, "scale"), MEASURED))
    mean, sd = sample.mean(axis=0), sample.std(axis=0)

    def drawn(count: int) -> tuple[np.ndarray, torch.Tensor]:
        pairs = np.concatenate(draw(rng, count))
        inputs = (pairs - mean) / sd if shown is None else shown(pairs)
        return pairs, torch.as_tensor(inputs.astype(np.float32))

    layers = [torch.nn.Linear(n, WIDTH), torch.nn.GELU(), torch.nn.Linear(WIDTH, WIDTH), torch.nn.GELU()]
    encoder = torch.nn.Sequential(*layers, torch.nn.Linear(WIDTH, n))
    if start is not None:
        _fit(encoder, start, drawn)
    optimiser = torch.optim.AdamW(encoder.parameters(), RATE)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, steps)
    history = []
    for step in range(steps):
        loss = _loss(encoder(drawn(BATCH)[1]), weight, generator)
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        schedule.step()
        if (step + 1) % (steps // 4) == 0:
            with torch.no_grad():
                pairs, inputs = drawn(MEASURED)
                h = encoder(inputs)
                losses = [float(_loss(_batch(h, i), weight, generator)) for i in range(MEASURED // BATCH)]
            read, first, second = pairs[:MEASURED], h[:MEASURED].numpy(), h[MEASURED:].numpy()
            each = r2_per_column(read, fit_probe(first, read)(first))
            total, loss_now = rounded(_total(first, second)), rounded(np.mean(losses))
            history.append({"steps": step + 1, "r2 per control": rounded(each), "total": total, "loss": loss_now})
    print(f"  trained: {history[-1]}", flush=True)
    return {"seed": seed, "history": history}


def _loss(h: torch.Tensor, weight: float, generator: torch.Generator) -> torch.Tensor:
    """Return the loss of pairs' embeddings, the first members before the second ones."""
    count = len(h) // 2
    alignment = (h[:count] - h[count:]).square().mean() / 4
    return weight * sigreg(h, draw_directions(h.shape[1], SLICES, generator)) + (1 - weight) * alignment


def _batch(h: torch.Tensor, number: int) -> torch.Tensor:
    """Return a batch of the embeddings of MEASURED pairs."""
    rows = slice(number * BATCH, (number + 1) * BATCH)
    return torch.cat([h[:MEASURED][rows], h[MEASURED:][rows]])


def _fit(encoder: torch.nn.Module, wanted: Map, drawn: Callable[[int], tuple[np.ndarray, torch.Tensor]]) -> None:
    """Fit an encoder to a map by least squares."""
    optimiser = torch.optim.AdamW(encoder.parameters(), RATE)
    for _ in range(FITTED_STEPS):
        pairs, inputs = drawn(BATCH)
        loss = (encoder(inputs) - torch.as_tensor(wanted(pairs).astype(np.float32))).square().mean()
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()


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
