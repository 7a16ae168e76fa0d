"""SIGReg written out term by term: the reference that tests and benchmarks hold ours against."""

from __future__ import annotations

import torch
from torch import Tensor


def sigreg_plain(h: Tensor, directions: Tensor) -> Tensor:
    """Return N times the mean over directions of the Epps-Pulley distance."""
    t = torch.linspace(0, 3, 17, dtype=h.dtype)
    gaussian = torch.exp(-t.square() / 2)
    angle = (h @ directions).unsqueeze(-1) * t
    error = (angle.cos().mean(-3) - gaussian).square() + angle.sin().mean(-3).square()
    return 2 * torch.trapezoid(error * gaussian, t).mean(-1) * h.shape[-2]
