"""Training an encoder on pairs, watching that it neither diverges nor memorises."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from worldprobe.errors import TrainingDiverged
from worldprobe.files import content_key
from worldprobe.learners.checkpoints import load_checkpoint, save_checkpoint
from worldprobe.learners.data import Batches, DevicePairs, PairData
from worldprobe.learners.encoders import parameters
from worldprobe.learners.objectives import Objective, pair_distance
from worldprobe.learners.settings import TrainingSettings
from worldprobe.seeds import stream_seed

Progress = Callable[[int, str], None]
"""Called with the steps done since the last call and a note ("loss 0.12"); `worldprobe.progress.Advance` is one."""


@dataclass
class TrainingRecord:
    """How a training went.

    Curves, one value per entry of `step` (each the mean since the entry before, held-out ones at that step):
    `loss`, `regulariser`, `lr` (the last);
    `alignment`: E|h - h'|^2 / d on training batches; a whitened linear encoder has 2 (1 - rho);
    `train_alignment`, `heldout_alignment`: the same on fixed training and held-out pairs, the encoder in eval mode,
    divided by the embedding's mean variance, so that a shrunken embedding does not look well aligned.
    """

    steps: int
    parameters: int
    seconds: float
    frames_per_second: float
    step: np.ndarray
    curves: dict[str, np.ndarray]
    alignment_optimum: float | None
    memorising: bool
    warnings: list[str] = field(default_factory=list)

    @property
    def final(self) -> dict[str, float]:
        """The last value of every curve."""
        return {name: float(curve[-1]) for name, curve in self.curves.items()}


def train(
    encoder: nn.Module,
    objective: Objective,
    data: PairData,
    settings: TrainingSettings,
    seed: int,
    *,
    heldout: PairData | None = None,
    alignment_optimum: float | None = None,
    device: torch.device | str = "cpu",
    progress: Progress | None = None,
    checkpoint: Path | None = None,
) -> TrainingRecord:
    """Train `encoder` in place and leave it on `device` in eval mode.

    The same seed, settings and machine give the same weights. `alignment_optimum` is the regime's 2 (1 - rho), mean
    over controls, for the warning against memorising, which needs `heldout` pairs too. With `checkpoint`, the state is
    written there whole every `settings.checkpoint_every` steps, and a training that finds its checkpoint continues it.
    Raises TrainingDiverged on a non-finite loss or gradient, StudyChanged where the checkpoint is another training's.
    """
    device = torch.device(device)
    run = _Run(encoder.to(device), objective, data.on(device), settings, seed, device)
    run.heldout = None if heldout is None else heldout.on(device).first(settings.heldout_pairs)
    identity = content_key([type(objective).__name__, objective.settings(), settings.settings(), seed, data.pairs])
    if checkpoint is not None and checkpoint.exists():
        run.restore(load_checkpoint(checkpoint, identity))
    saved = run.done
    while run.done < settings.steps:
        start = time.perf_counter()
        loss = run.step(_last_good(checkpoint, saved))
        run.seconds += time.perf_counter() - start
        if settings.records_at(run.done):
            run.record()
        if checkpoint is not None and (run.done % settings.checkpoint_every == 0 or run.done == settings.steps):
            save_checkpoint(checkpoint, identity, run.state())
            saved = run.done
        if progress is not None:
            progress(1, f"loss {loss:.4g}")
    encoder.eval()
    return run.summary(alignment_optimum)


def embed(
    encoder: nn.Module, observations: Shaped[np.ndarray, "N ..."] | Shaped[Tensor, "N ..."], batch: int = 1024
) -> Float[np.ndarray, "N d"]:
    """Return the embeddings, float32, of the encoder in eval mode, computed in float32 where the encoder lives."""
    device = next(encoder.parameters()).device
    was_training = encoder.training
    encoder.eval()
    with torch.inference_mode():
        parts = [encoder(part.to(device)).float().cpu() for part in torch.as_tensor(observations).split(batch)]
    encoder.train(was_training)
    return torch.cat(parts).numpy()


class _Run:
    """The state of one training, and what one step does to it."""

    def __init__(
        self,
        encoder: nn.Module,
        objective: Objective,
        data: DevicePairs,
        settings: TrainingSettings,
        seed: int,
        device: torch.device,
    ) -> None:
        self.encoder, self.objective, self.data, self.settings, self.seed = encoder, objective, data, settings, seed
        self.device, self.bf16 = device, settings.bf16(device)
        self.heldout: DevicePairs | None = None
        self.batches = Batches(len(data.index), settings.batch, seed)
        decay = settings.weight_decay
        self.optimiser = torch.optim.AdamW(encoder.parameters(), lr=settings.lr, weight_decay=decay, fused=True)
        self.done, self.seconds = 0, 0.0
        self.sums: dict[str, float] = {}
        self.since = 0
        self.curves: dict[str, list[float]] = {"step": []}

    def step(self, last_good: str) -> float:
        """Take one step and return its loss."""
        rate = self.settings.learning_rate(self.done)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        observations, controls = self.data.batch(self.batches[self.done].to(self.device))
        generator = torch.Generator().manual_seed(stream_seed(self.seed, "directions", self.done))
        self.encoder.train()
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            h = self.encoder(observations)
        terms = self.objective.terms(h.float().unflatten(0, (2, -1)), controls, generator)
        self.optimiser.zero_grad(set_to_none=True)
        terms["loss"].backward()
        norm = nn.utils.clip_grad_norm_(self.encoder.parameters(), self.settings.clip_norm, foreach=True)
        loss = terms["loss"].item()
        if not np.isfinite(loss + norm.item()):
            raise TrainingDiverged(
                f"Training stopped at step {self.done + 1} of {self.settings.steps}: the loss is {loss:g} and the "
                f"gradient's norm {norm.item():g}, and both must be finite. {last_good} "
                f"A lower training.lr (it is {self.settings.lr:g}) or training.clip_norm usually mends it."
            )
        self.optimiser.step()
        self.done += 1
        self.since += 1
        for name, value in terms.items():
            self.sums[name] = self.sums.get(name, 0.0) + value.item()
        return loss

    def record(self) -> None:
        """Add a point to every curve."""
        point = {name: total / self.since for name, total in self.sums.items()}
        point |= {"step": self.done, "lr": self.settings.learning_rate(self.done - 1)}
        if self.heldout is not None:
            point["train_alignment"] = self._aligned(self.data.first(len(self.heldout.index)))
            point["heldout_alignment"] = self._aligned(self.heldout)
        for name, value in point.items():
            self.curves.setdefault(name, []).append(value)
        self.sums, self.since = {}, 0

    def _aligned(self, pairs: DevicePairs) -> float:
        """Return E|h - h'|^2 over d times the embedding's mean variance, the encoder in eval mode."""
        self.encoder.eval()
        observations, _ = pairs.batch(torch.arange(len(pairs.index), device=self.device))
        with torch.inference_mode(), torch.autocast(self.device.type, torch.bfloat16, enabled=self.bf16):
            h = torch.cat([self.encoder(part).float() for part in observations.split(1024)])
        return float(pair_distance(h.unflatten(0, (2, -1))) / h.var(0).mean().clamp_min(1e-12))

    def state(self) -> dict[str, Any]:
        """Return all that a later process needs to continue as if nothing had happened."""
        names = ("done", "seconds", "sums", "since", "curves")
        parts = {"encoder": self.encoder.state_dict(), "optimiser": self.optimiser.state_dict()}
        return parts | {name: getattr(self, name) for name in names}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from another process's `state`."""
        self.encoder.load_state_dict(state["encoder"])
        self.optimiser.load_state_dict(state["optimiser"])
        for name in ("done", "seconds", "sums", "since", "curves"):
            setattr(self, name, state[name])

    def summary(self, alignment_optimum: float | None) -> TrainingRecord:
        """Return the record, with a warning where the encoder memorises its training pairs."""
        curves = {name: np.array(values, dtype=np.float64) for name, values in self.curves.items()}
        step = curves.pop("step").astype(np.int64)
        warnings = memorising_warnings(curves, alignment_optimum)
        return TrainingRecord(
            steps=self.done,
            parameters=parameters(self.encoder),
            seconds=self.seconds,
            frames_per_second=2 * self.batches.size * self.done / max(self.seconds, 1e-9),
            step=step,
            curves=curves,
            alignment_optimum=alignment_optimum,
            memorising=bool(warnings),
            warnings=warnings,
        )


def memorising_warnings(curves: dict[str, np.ndarray], optimum: float | None) -> list[str]:
    """Return a warning where training pairs end below the optimum of alignment and held-out pairs do not follow.

    5 % below the optimum and 15 % apart from each other are more than the noise of 512 pairs.
    """
    if optimum is None or "heldout_alignment" not in curves:
        return []
    train_end, heldout_end = curves["train_alignment"][-1], curves["heldout_alignment"][-1]
    if train_end >= 0.95 * optimum or heldout_end <= 1.15 * train_end:
        return []
    return [
        f"The encoder is memorising: alignment on training pairs ended at {train_end:.3g}, below the {optimum:.3g} "
        f"of a linear encoder, while held-out pairs stayed at {heldout_end:.3g}. More frames help, more steps not."
    ]


def _last_good(checkpoint: Path | None, saved: int) -> str:
    if checkpoint is None or saved == 0:
        return "No checkpoint was written before it."
    return f"The last good checkpoint is {checkpoint}, of step {saved}."
