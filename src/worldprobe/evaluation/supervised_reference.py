"""The supervised reference: the encoder's own module, initialised anew and trained with the true states as targets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from worldprobe._util.progress import Advance
from worldprobe.errors import InvalidValue, TrainingDiverged
from worldprobe.evaluation.subject import Subject, split_stream
from worldprobe.measures.row_blocks import NOWHERE, RowBlocks
from worldprobe.taps.encode import Observations, Tap, encode_all, prepared
from worldprobe.taps.module_encoder import encode_with
from worldprobe.taps.outputs import picked
from worldprobe.taps.pooling import pooled

BATCH = 128
RATE = 2e-3
"""Peak learning rate of AdamW's one-cycle schedule."""

WITHOUT_MODULE = "embeddings alone were given: name the encoder with --encoder FILE.py:NAME"
WITHOUT_BUDGET = "no budget was given: --supervised STEPS trains the same module with the states as targets"


@dataclass(frozen=True)
class SupervisedReference:
    """Embeddings of a supervised network, and the blocks that it was trained on (fold -1) and is scored on (fold 0)."""

    h: Float[np.ndarray, "rows d"]
    blocks: RowBlocks


def why_not(tap: Tap | None) -> str | None:
    """Return why this encoder has no supervised reference; None where its module can be trained anew."""
    if tap is None:
        return WITHOUT_MODULE
    if tap.encoder.fresh is not None:
        return None
    if tap.encoder.untrained is not None:
        return f"{tap.encoder.source} is wrapped: to train it, name its module with --encoder FILE.py:NAME"
    return tap.encoder.why_no_untrained


def check_supervised(steps: int | None, tap: Tap | None) -> None:
    """Raise InvalidValue for a budget below 1 step, or where there is no module to train."""
    if steps is None:
        return
    if steps < 1:
        raise InvalidValue("supervised", steps, "1 step or more")
    reason = why_not(tap)
    if reason is not None:
        raise InvalidValue("supervised", steps, "with a module that can be initialised anew", f"{reason}.")


def train_supervised(
    tap: Tap, subject: Subject, frames: Observations, steps: int, advance: Advance
) -> SupervisedReference:
    """Train the encoder's module, initialised anew, and a linear read-out of its embedding on four fifths of the rows.

    The blocks of the first fold are held out. Targets are the standardised states, the loss is their mean squared
    error. Raises InvalidValue as `check_supervised`, TrainingDiverged where the loss is not finite.
    """
    import torch

    check_supervised(steps, tap)
    assert tap.encoder.fresh is not None
    blocks = subject.split(split_stream())
    held = blocks.folds[0]
    rows, rng = blocks.fitted(held), split_stream()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        module = tap.encoder.fresh(0)
        h = _forward(module, tap, frames.read(rows[:2]))
        read_out = torch.nn.Linear(h.shape[1], len(subject.names)).to(h.device)
        weights = [*(w for w in module.parameters() if w.requires_grad), *read_out.parameters()]
        optimiser = torch.optim.AdamW(weights, RATE)
        schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, RATE, total_steps=max(steps, 2))
        module.train()
        for step in range(steps):
            batch = np.sort(rng.choice(rows, min(BATCH, len(rows)), replace=False))
            target = torch.from_numpy(subject.z[batch].astype(np.float32)).to(h.device)
            loss = (read_out(_forward(module, tap, frames.read(batch))) - target).square().mean()
            if not torch.isfinite(loss):
                raise TrainingDiverged(f"The supervised reference diverged at step {step + 1:,}: its loss is {loss}.")
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            schedule.step()
            advance(1, f"loss {loss.item():.3f}")
    trained = replace(tap, encoder=replace(tap.encoder, encode=encode_with(module.eval())))
    fold = np.where(blocks.fold == held, 0, NOWHERE)
    return SupervisedReference(encode_all(trained, frames), RowBlocks(blocks.block, fold))


def _forward(module: Any, tap: Tap, observations: np.ndarray) -> Any:
    """Return the embedding of some observations as a tensor with its gradient."""
    import torch

    x = torch.from_numpy(prepared(tap, observations))
    device = next((weight.device for weight in module.parameters()), x.device)
    where, output = tap.encoder.source, tap.output or tap.encoder.default_output
    return pooled(picked(module(x.to(device)), output, where), tap.pool, where).float()
