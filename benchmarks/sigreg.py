"""SIGReg forward and backward beside the plain formula in the same run: benchmarks/results/sigreg[-cuda].json.

    python benchmarks/sigreg.py [--samples 512] [--dimensions 6] [--slices 256] [--models 1] [--device cpu]

The plain formula is what a user would write with torch, and `torch.compile` of it what a user would try next; that one
is left out where there is no C++ compiler. With `--models` the embeddings of so many encoders, as a stack trains them,
go through at once. Each takes turns with ours alone: compiled code has threads of
its own, which still wait for work, and take a core, while the next in turn begins.
"""

from __future__ import annotations

import argparse
import shutil
import time
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from machine import RESULTS, described, spread
from worldprobe._util.files import write_json
from worldprobe.train import draw_directions, sigreg

Contender = Callable[[Tensor, Tensor], Tensor]
ASKED = {"plain over ours": 4.0}


def plain(h: Tensor, directions: Tensor) -> Tensor:
    """SIGReg as it is written, with 17 cosines and 17 sines of every projection."""
    t = torch.linspace(0, 3, 17, dtype=h.dtype, device=h.device)
    gaussian = torch.exp(-t.square() / 2)
    angle = (h @ directions).unsqueeze(-1) * t
    error = (angle.cos().mean(-3) - gaussian).square() + angle.sin().mean(-3).square()
    return 2 * torch.trapezoid(error * gaussian, t).mean(-1) * h.shape[-2]


def value_and_gradient(contender: Contender, h: Tensor, directions: Tensor) -> tuple[Tensor, Tensor]:
    """Return value and gradient of one forward and backward pass."""
    h = h.detach().requires_grad_()
    value = contender(h, directions)
    value.sum().backward()
    assert h.grad is not None
    if h.device.type == "cuda":
        torch.cuda.synchronize()
    return value.detach(), h.grad


def contenders() -> dict[str, Contender]:
    """Return the contenders by name."""
    found: dict[str, Contender] = {"ours": sigreg, "plain": plain}
    if any(shutil.which(compiler) for compiler in ("g++", "clang++", "c++")):
        found["torch.compile of plain"] = torch.compile(plain)
    return found


def in_turns(contenders: dict[str, Contender], h: Tensor, directions: Tensor, repeats: int) -> dict[str, list[float]]:
    """Return the milliseconds of every repeat of each, after five that are not counted."""
    milliseconds: dict[str, list[float]] = {name: [] for name in contenders}
    for repeat in range(-5, repeats):
        for name, contender in contenders.items():
            start = time.perf_counter()
            value_and_gradient(contender, h, directions)
            if repeat >= 0:
                milliseconds[name].append(1e3 * (time.perf_counter() - start))
    return milliseconds


def measure(h: Tensor, directions: Tensor, repeats: int) -> dict[str, Any]:
    """Return milliseconds of every contender, their ratios to ours, and our errors against float64 arithmetic."""
    truth = value_and_gradient(plain, h.double(), directions.double())
    errors: dict[str, list[float]] = {}
    results: dict[str, Any] = {}
    ours, *peers = contenders().items()
    for name, contender in (ours, *peers):
        found = value_and_gradient(contender, h, directions)
        pairs = zip(found, truth, strict=True)
        errors[name] = [float((got - true).abs().max() / true.abs().max()) for got, true in pairs]
    for name, contender in peers:
        milliseconds = in_turns({"ours": ours[1], name: contender}, h, directions, repeats)
        ratios = [slow / fast for slow, fast in zip(milliseconds[name], milliseconds["ours"], strict=True)]
        results |= {f"{name}, ms": spread(milliseconds[name]), f"ours beside {name}, ms": spread(milliseconds["ours"])}
        results[f"{name} over ours"] = {"asked": ASKED.get(f"{name} over ours")} | spread(ratios)
    results["relative error against float64 (value, gradient)"] = errors
    return results


def main() -> None:
    """Measure, print one line per figure, write the results."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--samples", type=int, default=512, help="N: both views of 256 pairs")
    parser.add_argument("--dimensions", type=int, default=6)
    parser.add_argument("--slices", type=int, default=256)
    parser.add_argument("--models", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=100)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    given = parser.parse_args()
    description = described() | {"threads": torch.get_num_threads()}
    generator = torch.Generator().manual_seed(0)
    models = (given.models,) if given.models > 1 else ()
    h = torch.randn(*models, given.samples, given.dimensions, generator=generator).to(given.device)
    directions = draw_directions(given.dimensions, given.slices, generator, given.device)
    found = measure(h, directions, given.repeats)
    for name, row in found.items():
        print(f"{name}: {row}")
    what = "SIGReg forward and backward, float32; median, minimum and maximum over interleaved repeats"
    name = "sigreg" + (f"-{given.device}" if given.device != "cpu" else "") + (f"-{given.models}" if models else "")
    write_json(
        RESULTS / f"{name}.json", {"what": what, "settings": vars(given), "machine": description, "results": found}
    )


if __name__ == "__main__":
    main()
