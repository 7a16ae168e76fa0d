"""The public codes' SIGRegs, each a loss for `worldprobe sigreg`, taken from clones of their repositories.

    PUBLIC_CLONES=FOLDER worldprobe sigreg benchmarks/public_losses.py:lejepa

FOLDER has every repository under its own name, as `git clone` writes it. Of a file that imports more than torch only
the named classes and functions are executed, so that nothing else need be installed. Lambda is added as each code's own
training loop adds it.
"""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import torch.distributed
import torch.distributed.nn
from torch import Tensor

CLONES = Path(os.environ.get("PUBLIC_CLONES", "."))
Loss = Callable[..., Tensor]


def lejepa() -> Loss:
    """rbalestr-lab/lejepa, the package: its sliced Epps-Pulley test."""
    package = _package("lejepa")
    found: Loss = package.multivariate.SlicingUnivariateTest(package.univariate.EppsPulley(), 256)
    return found


def lejepa_minimal() -> Loss:
    """rbalestr-lab/lejepa, MINIMAL.md, with the convex total of its training loop."""
    return _convex(_taken("lejepa/MINIMAL.md", "SIGReg").SIGReg())


def lejepa_minimal_on_cpu() -> Loss:
    """The same, with directions on the embeddings' device instead of CUDA."""
    return _convex(_taken("lejepa/MINIMAL.md", "SIGReg", replaced=('device="cuda"', "device=proj.device")).SIGReg())


def lightly() -> Loss:
    """lightly-ai/lightly, SIGReg over all ranks, with the convex total of its LeJEPALoss."""
    return _convex(_lightly("lightly"))


def lightly_before_1923() -> Loss:
    """lightly-ai/lightly at a00699b, before its pull request 1923, over all ranks: a clone called lightly-a00699b."""
    return _convex(_lightly("lightly-a00699b"))


def lejepa_identifiability() -> Loss:
    """klindtlab/lejepa-identifiability, with the convex total of its engine."""
    return _convex(_taken("lejepa-identifiability/experiments/lejepa_id/losses.py", "SIGReg").SIGReg())


def stable_worldmodel() -> Loss:
    """galilai-group/stable-worldmodel, with LeWM's total: the squared error of a prediction, and SIGReg added."""
    sigreg = _taken("stable-worldmodel/stable_worldmodel/wm/loss.py", "SIGReg").SIGReg()

    def loss(h: Tensor, lamb: float = 0.09) -> Tensor:
        return (h[:1] - h[1:]).square().mean() + lamb * sigreg(h)

    return loss


def stable_pretraining() -> Loss:
    """galilai-group/stable-pretraining, with its own total."""
    code = _taken("stable-pretraining/stable_pretraining/methods/lejepa.py", "EppsPulley", "SlicedEppsPulley")
    sigreg = code.SlicedEppsPulley(256)

    def loss(h: Tensor, lamb: float = 0.02) -> Tensor:
        return (h.mean(0) - h).square().mean() + lamb * sigreg(h.flatten(0, 1))

    return loss


def eb_jepa() -> Loss:
    """facebookresearch/eb_jepa, its BCS loss of two views."""
    module = _taken("eb_jepa/eb_jepa/losses.py", "all_reduce", "epps_pulley", "BCS").BCS()

    def loss(h: Tensor, lmbd: float = 10.0) -> Tensor:
        module.lmbd = lmbd
        found: Tensor = module(h[0], h[1])["loss"]
        return found

    return loss


def weak_sigreg() -> Loss:
    """kreasof-ai/sigreg, README.md: strong SIGReg of the activations (N, d) of one layer."""
    found: Loss = _taken("sigreg/README.md", "sigreg_strong_loss").sigreg_strong_loss
    return found


def _convex(sigreg: Loss) -> Loss:
    def loss(h: Tensor, lamb: float = 0.05) -> Tensor:
        alignment = (h.mean(0) - h).square().mean() if h.ndim == 3 else h.new_zeros(())
        return lamb * sigreg(h) + (1 - lamb) * alignment

    return loss


def _package(name: str) -> Any:
    sys.path.insert(0, str(CLONES / name))
    try:
        return __import__(name)
    finally:
        sys.path.pop(0)


def _lightly(clone: str) -> Loss:
    ranks = _taken(f"{clone}/lightly/utils/dist.py", "world_size", dist=torch.distributed)
    code = _taken(f"{clone}/lightly/loss/lejepa_loss.py", "SIGReg", lightly_dist=ranks)
    found: Loss = code.SIGReg(gather_distributed=True)
    return found


class Taken:
    """Classes and functions of one file, as attributes."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.__dict__.update(found)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(name)


def _taken(file: str, *names: str, replaced: tuple[str, str] | None = None, **more: Any) -> Taken:
    """Execute the named classes and functions of a Python file, or of the Python in a page, and nothing else."""
    text = (CLONES / file).read_text(encoding="utf8")
    if file.endswith(".md"):
        blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
        text = next(block for block in blocks if re.search(rf"^(class|def) {names[0]}\b", block, re.MULTILINE))
    text = text.replace(*replaced) if replaced else text
    body = [node for node in ast.parse(text).body if getattr(node, "name", None) in names]
    distributed = torch.distributed
    space: dict[str, Any] = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "Tensor": Tensor}
    space |= {"torch_dist": distributed, "torch_dist_nn": distributed.nn, "all_reduce": distributed.nn.all_reduce}
    space |= more
    exec(compile(ast.Module(body, []), str(CLONES / file), "exec"), space)
    return Taken({name: space[name] for name in names})
