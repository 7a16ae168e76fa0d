"""What does not change the statistic's formula: its directions, and the types and device that it computes in."""

from __future__ import annotations

from dataclasses import dataclass

import torch

from worldprobe.conformance.implementation import Implementation
from worldprobe.conformance.statistic import SAME, AcceptedShapes
from worldprobe.errors import InvalidValue

TYPES = (torch.float64, torch.float32, torch.bfloat16, torch.float16)


@dataclass(frozen=True)
class Directions:
    """Whether directions are drawn anew for every call, whether torch's global seed sets them, and their length."""

    fresh: bool
    follow_global_seed: bool
    unit: bool

    def __str__(self) -> str:
        if not self.fresh:
            return "fixed: the same at every call"
        seed = "from torch's global seed" if self.follow_global_seed else "by a seed of its own"
        return f"drawn for every call, {seed}"


def directions(loss: Implementation, takes: AcceptedShapes) -> Directions:
    """Return how random directions are drawn, from the values of one batch of eight dimensions and of one."""
    generator = torch.Generator().manual_seed(0)
    h = takes.embeddings(torch.rand(64, 8, generator=generator).numpy() ** 3)
    line = takes.embeddings(torch.rand(64, 1, generator=generator).numpy())
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        values = [loss.value(h, fresh=True) for _ in range(3)]
        lines = [loss.value(line, fresh=True) for _ in range(3)]
    seeded = []
    for seed in (0, 0, 1):
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            seeded.append(loss.value(h, fresh=True))
    follows = _same(seeded[0], seeded[1]) and not _same(seeded[0], seeded[2])
    return Directions(not all(_same(values[0], value) for value in values), follows, _same(min(lines), max(lines)))


def types(loss: Implementation, takes: AcceptedShapes) -> dict[str, str]:
    """Return, by the embeddings' type, the loss's type and its error against float32; or that it is refused."""
    h = takes.embeddings(torch.randn(64, 1, generator=torch.Generator().manual_seed(0)).numpy() + 0.3)
    wanted, found = loss.value(h), {}
    for kind in TYPES:
        name = str(kind).removeprefix("torch.")
        try:
            value = loss(h.to(kind))
        except InvalidValue:
            found[name] = "refused"
            continue
        error = abs(float(value.detach()) / wanted - 1)
        found[name] = str(value.dtype).removeprefix("torch.") + ("" if error < SAME else f", {100 * error:.2g} % off")
    return found


def off(types: dict[str, str]) -> list[str]:
    """Return the types in which the loss has another value than in float32."""
    return [name for name, said in types.items() if "off" in said]


def device(loss: Implementation, takes: AcceptedShapes) -> str:
    """Return the device of the loss of embeddings on the device under test."""
    return str(loss(takes.embeddings(torch.zeros(8).numpy())).device.type)


def _same(a: float, b: float) -> bool:
    return abs(a - b) <= 1e-6 * max(abs(a), abs(b))
