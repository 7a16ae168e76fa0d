"""What every encoder promises, checked on one of them."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from worldprobe.contracts.promise import Contract, ContractReport
from worldprobe.errors import InvalidValue
from worldprobe.train.encoders import ENCODERS, Encoder

BATCH = 16
TOLERANCE = 1e-4
"""Relative difference that another batch size may make: sums in another order."""
EXPLODED = 1e4


class _Built:
    """An encoder, the network that it builds, and observations to show it."""

    def __init__(self, encoder: Encoder, shape: tuple[int, ...], d: int) -> None:
        self.encoder, self.shape, self.d = encoder, shape, d

    def build(self, seed: int = 0) -> nn.Module:
        return self.encoder.build(self.shape, self.d, seed)

    @cached_property
    def network(self) -> nn.Module:
        return self.build().eval()

    @cached_property
    def observations(self) -> Tensor:
        generator = torch.Generator().manual_seed(0)
        if len(self.shape) == 3:
            return torch.randint(0, 256, (BATCH, *self.shape), generator=generator, dtype=torch.uint8)
        return torch.randn(BATCH, *self.shape, generator=generator)

    @cached_property
    def embeddings(self) -> Any:  # a tensor, if the promise is kept
        with torch.no_grad():
            return self.network(self.observations)


CONTRACT: Contract[_Built] = Contract()


def check_encoder(
    encoder: Encoder | type[Encoder] | str, observation_shape: tuple[int, ...] = (32, 32, 3), d: int = 6
) -> ContractReport:
    """Check what every encoder promises on an encoder, a class or a registered name.

    It is shown random frames (H, W, 3), or vectors (m,), and embeds them in d dimensions. Returns the promises that
    were checked; raises ContractBroken with each broken one, what was found and how to fix it, and InvalidValue where
    the encoder itself says that it is not made for such observations.
    """
    kind = ENCODERS[encoder] if isinstance(encoder, str) else encoder
    made = kind() if isinstance(kind, type) else kind
    built, generator_before = _Built(made, tuple(observation_shape), d), torch.get_rng_state()
    try:
        made.build(built.shape, d, 0)
    except InvalidValue:
        raise
    except Exception:  # the first promise is broken, and says so
        pass
    finally:
        torch.set_rng_state(generator_before)
    return CONTRACT.check(f"The encoder {type(made).__name__}", built)


@CONTRACT.promise(
    "It maps uint8 frames (N, H, W, 3), or float vectors (N, m), to finite float32 embeddings (N, d).",
    fix="Let layers return a module that scales frames itself (frames.float() / 255) and ends in a Linear(..., d).",
    first=True,
)
def _shape(built: _Built) -> str | None:
    h = built.embeddings
    if not isinstance(h, Tensor):
        return f"it returns a {type(h).__name__}, not a tensor: pick the one that is the embedding"
    if h.shape != (BATCH, built.d) or h.dtype != torch.float32:
        return f"{h.dtype} {tuple(h.shape)} instead of torch.float32 {(BATCH, built.d)}"
    return None if bool(torch.isfinite(h).all()) else "NaN or infinity in the embedding of random observations"


@CONTRACT.promise(
    "Black, white and random frames, or large vectors, give finite embeddings.",
    fix="Add a small constant to whatever is divided by.",
)
def _extremes(built: _Built) -> str | None:
    high = 255 if len(built.shape) == 3 else 10
    for value in (0, high):
        with torch.no_grad():
            h = built.network(torch.full_like(built.observations, value))
        if not bool(torch.isfinite(h).all()):
            return f"NaN or infinity where every number of the observation is {value}"
    return None


@CONTRACT.promise(
    "The same seed gives the same weights, another seed others; torch's global generator is left as it was.",
    fix="Draw weights in layers or initialise, from the generator that is given or torch's global one; seed neither.",
)
def _seeds(built: _Built) -> str | None:
    before = torch.get_rng_state()
    once, again, other = (list(built.build(seed).parameters()) for seed in (0, 0, 1))
    if not torch.equal(before, torch.get_rng_state()):
        return "building it moves torch's global generator"
    if not all(map(torch.equal, once, again)):
        return "two networks of one seed differ"
    trained = [(a, b) for a, b in zip(once, other, strict=True) if a.requires_grad]
    if not trained:
        return "there is no weight to train"
    return None if any(not torch.equal(a, b) for a, b in trained) else "two seeds give the same weights"


@CONTRACT.promise(
    "Every weight and buffer is finite, float32 or integer, and on the CPU.",
    fix="Initialise every nn.Parameter and buffer when it is made: torch.empty holds whatever was in memory.",
)
def _weights(built: _Built) -> str | None:
    for name, weight in (*built.network.named_parameters(), *built.network.named_buffers()):
        if weight.device.type != "cpu" or (weight.is_floating_point() and weight.dtype != torch.float32):
            return f"{name} is {weight.dtype} on {weight.device}"
        if not bool(torch.isfinite(weight).all()) or (weight.numel() and float(weight.detach().abs().max()) > EXPLODED):
            return f"{name} holds NaN, infinity or numbers beyond {EXPLODED:g}, as memory that was never set does"
    return None


@CONTRACT.promise(
    "In eval mode an embedding is the same alone and in any batch.",
    fix="Use no statistics of the batch in eval mode, and no dropout there.",
)
def _batches(built: _Built) -> str | None:
    with torch.no_grad():
        alone = torch.cat([built.network(one[None]) for one in built.observations])
    return (
        None if _near(alone, built.embeddings) else f"it differs by {float((alone - built.embeddings).abs().max()):.3g}"
    )


@CONTRACT.promise(
    "Different observations have different embeddings, whose length is free.",
    fix="Do not normalise the embedding: the objective sets its scale, and SIGReg wants it Gaussian.",
)
def _free(built: _Built) -> str | None:
    h = built.embeddings
    if float(h.std(0).max()) < 1e-8:
        return "all embeddings are the same"
    norms = h.norm(dim=1)
    normalised = built.d > 1 and float(norms.std()) < 1e-5 * float(norms.mean())
    return "all embeddings have the same length: they are normalised" if normalised else None


@CONTRACT.promise(
    "Observations are left as they were given.",
    fix="Convert before working in place: frames.float() is a copy, frames[...] = is not.",
)
def _untouched(built: _Built) -> str | None:
    given = built.observations.clone()
    with torch.no_grad():
        built.network(given)
    return None if torch.equal(given, built.observations) else "the network writes into its input"


@CONTRACT.promise(
    "Every weight that asks for a gradient gets a finite one, in train mode, and one step changes the embedding.",
    fix="Detach nothing between the frames and the embedding; freeze what is not trained with requires_grad_(False).",
)
def _trains(built: _Built) -> str | None:
    network = built.build().train()
    h = network(built.observations)
    target = torch.randn(h.shape, generator=torch.Generator().manual_seed(1))
    (h - target).square().mean().backward()
    for name, weight in network.named_parameters():
        if weight.requires_grad and weight.grad is None:
            return f"{name} gets no gradient"
        if weight.grad is not None and not bool(torch.isfinite(weight.grad).all()):
            return f"the gradient of {name} is not finite"
    torch.optim.SGD(network.parameters(), lr=0.1).step()
    with torch.no_grad():
        changed = not torch.equal(network(built.observations), h)
    return None if changed else "a step along the gradient changes nothing"


@CONTRACT.promise(
    "Its weights can be kept and loaded into a network of another seed.",
    fix="Register every tensor as a parameter or buffer, so that state_dict holds it.",
)
def _reloads(built: _Built) -> str | None:
    other = built.build(seed=1)
    other.load_state_dict(built.network.state_dict())
    with torch.no_grad():
        again = other.eval()(built.observations)
    return None if _near(again, built.embeddings) else "the reloaded network gives other embeddings"


@CONTRACT.promise(
    "Where it says that it is stackable, many of it run as one.",
    fix="Set stackable = False for networks with running averages, dropout or tests on values.",
)
def _stacks(built: _Built) -> str | None:
    if not built.encoder.stackable:
        return None
    networks = [built.build(seed).eval() for seed in (0, 1)]
    if any(True for _ in networks[0].buffers()):
        return "it has buffers, which are not stacked"
    weights = {
        name: torch.stack([dict(network.named_parameters())[name].detach() for network in networks])
        for name, _ in networks[0].named_parameters()
    }
    call: Callable[..., Tensor] = lambda own, x: torch.func.functional_call(networks[0], own, (x,))  # noqa: E731
    together = torch.vmap(call, in_dims=(0, None))(weights, built.observations)
    with torch.no_grad():
        alone = torch.stack([network(built.observations) for network in networks])
    return None if _near(together, alone) else "a stack of two gives other embeddings than each alone"


def _near(found: Tensor, wanted: Tensor) -> bool:
    return bool(((found - wanted).abs() <= TOLERANCE * (1.0 + wanted.abs())).all())
