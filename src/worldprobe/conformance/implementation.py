"""A user's SIGReg, called in one way whatever its form: a function or module, with or without a weight lambda."""

from __future__ import annotations

import copy
import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from worldprobe._util.python_files import named_in
from worldprobe.errors import InvalidValue, PluginFailed, in_words

WEIGHT_NAMES = ("lambda_", "lamb", "lambd", "lam", "lmbda", "lmbd", "lambda_param", "lambda_reg", "sigreg_weight")
"""Names under which an argument is taken for lambda, the weight of SIGReg against alignment."""

ALLOWED = "a function of the embeddings (N, d) or (views, N, d), with lambda as an optional second argument"
TYPICAL_WEIGHT = 0.3


class Implementation:
    """A loss of embeddings. Every call draws its random directions alike, and leaves the user's module as it was."""

    def __init__(self, function: Callable[..., Any], source: str, device: str = "cpu") -> None:
        self.function, self.source, self.device = function, source, torch.device(device)
        self.embeddings, self.weight, self.default_weight = _arguments(function, source)

    def __call__(self, h: Tensor, weight: float | None = None, *, fresh: bool = False) -> Tensor:
        """Return the loss of embeddings; raises InvalidValue where it is no finite scalar.

        `fresh` calls it as it is: torch's generator moves on, and so does any counter that the module keeps.
        """
        if fresh:
            return self._called(self.function, h, weight)
        stateful = isinstance(self.function, torch.nn.Module)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            return self._called(copy.deepcopy(self.function) if stateful else self.function, h, weight)

    def value(self, h: Tensor, weight: float | None = None, *, fresh: bool = False) -> float:
        """Return the loss as a number."""
        with torch.no_grad():
            return float(self(h, weight, fresh=fresh))

    def gradient(self, h: Tensor, weight: float | None = None) -> tuple[float, Tensor]:
        """Return the loss and its gradient in the embeddings."""
        h = h.detach().clone().requires_grad_()
        loss = self(h, weight)
        if not loss.requires_grad:
            raise InvalidValue("loss", "a number without a gradient", "a differentiable function of the embeddings")
        (slope,) = torch.autograd.grad(loss, h)
        return float(loss.detach()), slope.cpu()

    def accepts(self, h: Tensor) -> bool:
        """Return whether embeddings of this shape have a loss; raises InvalidValue where it needs CUDA."""
        try:
            self(h)
        except InvalidValue as error:
            if error.key == "device":
                raise
            return False
        return True

    def _called(self, function: Callable[..., Any], h: Tensor, weight: float | None) -> Tensor:
        given: dict[str, Any] = {}
        if self.weight is not None:
            given[self.weight] = self.typical_weight if weight is None else weight
        h = h.to(self.device)
        try:
            found = function(h, **given) if self.embeddings is None else function(**{self.embeddings: h}, **given)
        except Exception as error:
            said = in_words(error)
            if self.device.type == "cpu" and ("cuda" in said.lower() or "nvidia" in said.lower()):
                mend = "Draw directions on the embeddings' own device (device=h.device), or test it with --device cuda."
                raise InvalidValue("device", "cpu", "what the loss needs, CUDA", f"{said}. {mend}") from error
            shape = tuple(h.shape)
            raise InvalidValue("loss", self.source, f"{ALLOWED}", f"On embeddings {shape}: {said}.") from error
        return _scalar(found, h, self.source)

    @property
    def typical_weight(self) -> float:
        """The lambda that is used where it does not matter."""
        return TYPICAL_WEIGHT if self.default_weight is None else self.default_weight


def open_implementation(loss: str | Callable[..., Any], device: str = "cpu") -> Implementation:
    """Return the loss that FILE.py:NAME names, whose file is executed, or a callable.

    A class without required arguments, or a function without any, is called for the loss that it makes. Raises
    InvalidValue, UnknownName and PluginFailed.
    """
    if device != "cpu" and not torch.cuda.is_available():
        raise InvalidValue("device", device, "cpu", "torch finds no CUDA device here.")
    source = loss if isinstance(loss, str) else getattr(loss, "__qualname__", type(loss).__name__)
    made = from_file(loss) if isinstance(loss, str) else loss
    if not callable(made):
        raise InvalidValue("loss", source, ALLOWED, f"It is of type {type(made).__name__}.")
    if not isinstance(made, torch.nn.Module) and _needs_nothing(made, source):
        made = _run(made, source)
        if not callable(made):
            raise InvalidValue("loss", source, ALLOWED, f"Called, it gave type {type(made).__name__}.")
    if isinstance(made, torch.nn.Module):
        made = made.to(device)
    return Implementation(made, source, device)


def from_file(named: str) -> Any:
    """Execute FILE.py and return what NAME is in it."""
    path, colon, name = named.rpartition(":")
    file = Path(os.path.expanduser(path))
    if not colon or not name.isidentifier() or file.suffix != ".py":
        raise InvalidValue("loss", named, "FILE.py:NAME")
    if not file.is_file():
        raise InvalidValue("loss", named, "FILE.py:NAME, of a file that exists")
    return named_in(file, name)


def _signature(function: Callable[..., Any], source: str) -> list[inspect.Parameter]:
    called = function.forward if isinstance(function, torch.nn.Module) else function
    try:
        return list(inspect.signature(called).parameters.values())
    except (TypeError, ValueError):
        raise InvalidValue("loss", source, ALLOWED, "It has no signature.") from None


def _needs_nothing(made: Callable[..., Any], source: str) -> bool:
    parameters = _signature(made, source)
    needed = [p for p in parameters if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    if isinstance(made, type) and needed:
        names = ", ".join(p.name for p in needed)
        raise InvalidValue("loss", source, ALLOWED, f"The class {made.__name__} needs {names}: name an instance of it.")
    return isinstance(made, type) or not parameters


def _run(made: Callable[..., Any], source: str) -> Any:
    try:
        return made()
    except (Exception, SystemExit) as error:
        raise PluginFailed(f"{source} cannot be called without arguments: {in_words(error)}.") from error


def _arguments(function: Callable[..., Any], source: str) -> tuple[str | None, str | None, float | None]:
    """Return the keyword of the embeddings (None: the first position), lambda's name, and its default."""
    parameters = _signature(function, source)
    weight = next((p for p in parameters if p.name in WEIGHT_NAMES), None)
    others = [p for p in parameters if p is not weight and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    needed = [p for p in others if p.default is p.empty]
    if len(needed) > 1 or (not needed and not others and not any(p.kind == p.VAR_POSITIONAL for p in parameters)):
        listed = ", ".join(p.name for p in needed) or "nothing"
        mend = f"It takes {listed}. Wrap it, as def loss(h): return yours(h[0], h[1]); lambda is {WEIGHT_NAMES[0]!r}."
        raise InvalidValue("loss", source, ALLOWED, mend)
    first = next(iter(needed or others), None)
    keyword = first.name if first is not None and first.kind == first.KEYWORD_ONLY else None
    default = weight.default if weight is not None and isinstance(weight.default, int | float) else None
    return keyword, None if weight is None else weight.name, default


def _scalar(found: Any, h: Tensor, source: str) -> Tensor:
    if isinstance(found, float):
        found = torch.tensor(found)
    if not isinstance(found, Tensor) or found.numel() != 1:
        what = f"a tensor {tuple(found.shape)}" if isinstance(found, Tensor) else f"type {type(found).__name__}"
        raise InvalidValue("loss", what, "one number", f"{source}: return the number that is minimised.")
    if not bool(torch.isfinite(found).all()):
        asked = f"embeddings {tuple(h.shape)} between {float(h.min()):.3g} and {float(h.max()):.3g}"
        mend = "SIGReg is bounded. Does it divide by the embeddings' spread, or take a logarithm?"
        raise InvalidValue("loss", f"{float(found.detach().reshape(())):g} for {asked}", "a finite number", mend)
    return found.reshape(())
