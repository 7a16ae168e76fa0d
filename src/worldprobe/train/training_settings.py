"""How long, how fast and how precisely an encoder is trained."""

from __future__ import annotations

from enum import StrEnum
from math import cos, pi
from typing import Annotated

import torch
from pydantic import Field, NonNegativeFloat, PositiveFloat, PositiveInt

from worldprobe._util.registry import Component


class Schedule(StrEnum):
    """The learning rate over training."""

    ONE_CYCLE = "one-cycle"
    COSINE = "cosine"
    CONSTANT_COSINE = "constant-cosine"


class Precision(StrEnum):
    """The numbers that the encoder computes with; losses are always float32."""

    FP32 = "fp32"
    BF16 = "bf16"
    AUTO = "auto"


class TrainingSettings(Component):
    """AdamW on batches of pairs, with gradient clipping."""

    steps: PositiveInt = Field(1000, description="optimiser steps")
    batch: Annotated[int, Field(ge=2)] = Field(256, description="pairs per step (twice as many observations)")
    accumulate: PositiveInt = Field(
        1,
        description="parts in which a batch passes the encoder, one after another, for less memory; the loss and its "
        "gradient are those of the whole batch",
    )
    lr: PositiveFloat = Field(3e-3, description="highest learning rate")
    weight_decay: NonNegativeFloat = Field(1e-4, description="AdamW's decoupled weight decay")
    schedule: Schedule = Field(Schedule.ONE_CYCLE, description="how the learning rate goes over the steps")
    warmup: Annotated[float, Field(ge=0, lt=1)] = Field(0.2, description="share of one-cycle's steps that rise")
    clip_norm: PositiveFloat = Field(1.0, description="largest gradient norm")
    precision: Precision = Field(
        Precision.AUTO,
        description="numbers that the encoder computes with; auto: bf16 where the hardware has it",
    )
    threads: PositiveInt = Field(
        1,
        description="processor threads of a training on the CPU; one keeps its speed beside other work and gives the "
        "same bits on any number of cores",
    )
    record_every: PositiveInt | None = Field(
        None, description="steps between curve points; a 25th of all steps if not given"
    )
    checkpoint_every: PositiveInt = Field(200, description="steps between checkpoints")
    heldout_pairs: PositiveInt = Field(
        512, description="held-out pairs that are embedded at every curve point, at most"
    )

    def learning_rate(self, step: int) -> float:
        """Return step's learning rate.

        one-cycle: from lr / 25 up to lr over the warm-up share, then down to lr / 10,000, along half cosines;
        cosine: from lr down to 0; constant-cosine: lr for the first half of the steps, then from lr down to 0 (what the
        public code of arXiv 2605.26379 does).
        """
        if self.schedule is Schedule.COSINE:
            return self.lr * _half_cosine(step / self.steps, 1.0, 0.0)
        if self.schedule is Schedule.CONSTANT_COSINE:
            return self.lr * _half_cosine(max(0.0, 2 * step / self.steps - 1), 1.0, 0.0)
        rise = self.warmup * self.steps
        if step < rise:
            return self.lr * _half_cosine(step / rise, 1 / 25, 1.0)
        return self.lr * _half_cosine((step - rise) / (self.steps - rise), 1.0, 1e-4)

    def records_at(self, step: int) -> bool:
        """Whether a curve point follows the given number of steps done."""
        every = self.record_every or max(1, self.steps // 25)
        return step % every == 0 or step == self.steps

    def bf16(self, device: torch.device) -> bool:
        """Whether the encoder computes in bfloat16; auto: where the hardware multiplies it natively."""
        if self.precision is not Precision.AUTO:
            return self.precision is Precision.BF16
        if device.type == "cuda":
            return torch.cuda.is_bf16_supported(including_emulation=False)
        return device.type == "cpu" and torch.cpu._is_avx512_bf16_supported()


def _half_cosine(share: float, start: float, end: float) -> float:
    return end + (start - end) * (1 + cos(pi * share)) / 2
