"""Training encoders on pairs, one or a stack of them, watching that none diverges or memorises."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float, Shaped
from torch import Tensor, nn

from worldprobe._util.files import content_key
from worldprobe._util.seeds import stream_seed
from worldprobe._util.threads import torchs_threads
from worldprobe.errors import InvalidValue, TrainingDiverged, WorldprobeError
from worldprobe.results import Training
from worldprobe.train.accumulation import EmbeddedInParts, check_parts
from worldprobe.train.allocator import keep_freed_memory
from worldprobe.train.checkpoints import load_checkpoint, save_checkpoint
from worldprobe.train.encoders import parameters
from worldprobe.train.objectives import Objective, pair_distance, prediction_error, terms
from worldprobe.train.pair_batches import Batch, Batches, DevicePairs, PairData, PairSource
from worldprobe.train.predictive import predictor_input
from worldprobe.train.ranks import average_gradients, is_first_rank, rank_count, sum_over_ranks
from worldprobe.train.stacked import EncoderStack
from worldprobe.train.training_history import TrainingHistory, memorising_warnings
from worldprobe.train.training_settings import TrainingSettings

CHECK_EVERY = {"cpu": 1, "cuda": 25}
"""Steps between looks at whether losses are finite; each look waits for the device."""

EMBED_BATCH = 1024
"""Observations that an encoder embeds at a time: the last bits of an embedding may depend on it."""

Progress = Callable[[int, str], None]
"""Called with the steps done since the last call and a note ("loss 0.12"); `_util.progress.Advance` is one."""


@dataclass(frozen=True, eq=False)
class StackMember:
    """One encoder of a stack: what it is trained with, and what it is called in an error.

    `alignment_optimum` is the regime's 2 (1 - rho), mean over controls (of an objective that predicts, the least error
    of a prediction), for the warning against memorising, which needs `heldout` pairs too.
    """

    encoder: nn.Module
    objective: Objective
    data: PairSource
    seed: int
    heldout: PairData | None = None
    alignment_optimum: float | None = None
    name: str = "the encoder"


def train(
    encoder: nn.Module,
    objective: Objective,
    data: PairSource,
    settings: TrainingSettings,
    seed: int,
    *,
    heldout: PairData | None = None,
    alignment_optimum: float | None = None,
    device: torch.device | str = "cpu",
    progress: Progress | None = None,
    checkpoint: Path | None = None,
) -> TrainingHistory:
    """Train `encoder` in place, as a stack of one: see `train_stack`."""
    member = StackMember(encoder, objective, data, seed, heldout, alignment_optimum)
    return train_stack([member], settings, device=device, progress=progress, checkpoint=checkpoint)[0]


def train_stack(
    members: Sequence[StackMember],
    settings: TrainingSettings,
    *,
    device: torch.device | str = "cpu",
    progress: Progress | None = None,
    resumed: Callable[[int], object] = lambda steps: None,
    checkpoint: Path | None = None,
) -> list[TrainingHistory]:
    """Train the members' encoders in place, all at once, and leave them on `device` in eval mode.

    Each member gets what it would get alone, to float tolerance: its own batches, directions and gradient clipping. The
    members' encoders have one architecture (`Encoder.stackable` where there are several), their objectives differ in
    the weight alone (`Objective.stacks_with`), and either all have held-out pairs or none; each uses as many of them as
    the member that has fewest.
    The same seeds, settings and machine give the same weights, on any number of cores and beside other work. Under an
    initialised `torch.distributed` every rank calls this with the same arguments and takes its part of every batch; the
    weights are those of one process to float tolerance, BatchNorm uses the whole batch's statistics, and rank 0 writes
    the checkpoint, with which any number of ranks can continue where all of them find the file. With
    `checkpoint`, the state is written there whole every `settings.checkpoint_every` steps, and a training that finds
    its checkpoint continues it; `resumed` is then called with the steps that the checkpoint has done, and `progress`
    for the others.
    Raises TrainingDiverged on a member's non-finite loss or gradient, StudyChanged where the checkpoint is another
    training's.
    """
    with torchs_threads(settings.threads if torch.device(device).type == "cpu" else None):
        return _trained(_Run(members, settings, torch.device(device)), progress, resumed, checkpoint)


def _trained(
    run: _Run, progress: Progress | None, resumed: Callable[[int], object], checkpoint: Path | None
) -> list[TrainingHistory]:
    """Take the steps that are left, of the checkpoint where there is one."""
    members, settings = run.members, run.settings
    kin = [[type(m.objective).__name__, m.objective.settings(), m.seed, m.data.identity] for m in members]
    identity = content_key([settings.settings(), kin])
    if checkpoint is not None and checkpoint.exists():
        run.restore(load_checkpoint(checkpoint, identity))
        resumed(run.done)
    _check_that_ranks_agree(run.done, checkpoint)
    saved = run.done
    every, reported = CHECK_EVERY.get(run.device.type, 1), run.done
    while run.done < settings.steps:
        start = time.perf_counter()
        run.step()
        last, records = run.done == settings.steps, settings.records_at(run.done)
        saves = checkpoint is not None and (run.done % settings.checkpoint_every == 0 or last)
        looks = run.done % every == 0 or records or saves
        loss = run.checked_loss(_last_good(checkpoint, saved)) if looks else None
        run.seconds += time.perf_counter() - start
        if records:
            run.record()
        if checkpoint is not None and saves:
            if is_first_rank():
                save_checkpoint(checkpoint, identity, run.state())
            saved = run.done
        if progress is not None and loss is not None:
            progress(run.done - reported, f"loss {loss:.4g}")
            reported = run.done
    run.stack.unstack()
    if run.predictors is not None:
        run.predictors.unstack()
    return run.summaries()


def embed(
    encoder: nn.Module, observations: Shaped[np.ndarray, "N ..."] | Shaped[Tensor, "N ..."], batch: int = EMBED_BATCH
) -> Float[np.ndarray, "N d"]:
    """Return the embeddings, float32, of the encoder in eval mode, computed in float32 where the encoder lives."""
    device = next(encoder.parameters()).device
    was_training = encoder.training
    encoder.eval()
    with torch.inference_mode():
        copies = (part.to(device, copy=True) for part in torch.as_tensor(observations).split(batch))
        parts = [encoder(part).float().cpu() for part in copies]  # which may scale its input in place
    encoder.train(was_training)
    return torch.cat(parts).numpy()


class _Run:
    """The state of one training, and what one step does to it."""

    def __init__(self, members: Sequence[StackMember], settings: TrainingSettings, device: torch.device) -> None:
        self.members, self.settings, self.device = members, settings, device
        if len(members) > 1:
            keep_freed_memory()
        self.objectives = [member.objective for member in members]
        if not all(self.objectives[0].stacks_with(other) for other in self.objectives):
            raise ValueError("objectives of one stack may differ in their weight alone")
        for member in members:
            check_parts(member.encoder, settings.accumulate)
        self.stack = EncoderStack([member.encoder for member in members], device, settings.bf16(device))
        self.batches = _batches(members, settings, device)
        self.predictors = self._build_predictors()
        held = [member.heldout for member in members if member.heldout is not None]
        fewest = min([settings.heldout_pairs, *(len(pairs.index) for pairs in held)])  # a stack takes equally many
        self.heldout = [pairs.on(device).first(fewest) for pairs in held]
        self._trained = [*self.stack.parameters, *(self.predictors.parameters if self.predictors else [])]
        self.optimiser = torch.optim.AdamW(
            self._trained, lr=settings.lr, weight_decay=settings.weight_decay, fused=True
        )
        self.done, self.seconds, self.since = 0, 0.0, 0
        self._verified = False
        self._unchecked: list[tuple[Tensor, Tensor]] = []
        self.sums: dict[str, Tensor] = {}
        self.curves: dict[str, list[list[float]]] = {"step": []}

    def step(self) -> None:
        """Take one step; nothing in it waits for the device."""
        rate = self.settings.learning_rate(self.done)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        batch = self._batch()
        if not self._verified:
            self.stack.verify(batch.observations[:, :8])
            self._verified = True
        self.stack.train()
        parts = self._in_parts(batch.observations)
        h = (self.stack(batch.observations) if parts is None else parts.h).unflatten(1, (2, -1))
        drawn = {seed: stream_seed(seed, "directions", self.done) for seed in {m.seed for m in self.members}}
        seeds = [drawn[member.seed] for member in self.members]
        values = terms(self.objectives, h, batch.controls, seeds, self._predicted(h, batch.actions))
        self.optimiser.zero_grad(set_to_none=True)
        values["loss"].sum().backward()
        if parts is not None:
            parts.backward()
        average_gradients(self._trained)
        norms = self.stack.clip_gradients(self.settings.clip_norm)
        if self.predictors is not None:
            norms = norms + self.predictors.clip_gradients(self.settings.clip_norm)
        self._unchecked.append((values["loss"].detach(), norms))
        self.optimiser.step()
        self.done += 1
        self.since += 1
        for name, value in values.items():
            sums = self.sums.get(name)
            self.sums[name] = value.detach().double() if sums is None else sums + value.detach()

    def _in_parts(self, observations: Shaped[Tensor, "models N ..."]) -> EmbeddedInParts | None:
        """Return the embeddings made in parts, each of one observation or more; None for a batch that passes whole."""
        parts = min(self.settings.accumulate, observations.shape[1])
        return None if parts == 1 else EmbeddedInParts(self.stack, observations, parts)

    def checked_loss(self, last_good: str) -> float:
        """Return the last step's loss, the mean over members.

        Raises TrainingDiverged where a loss or a gradient since the last call is not finite.
        """
        losses, norms = (torch.stack(each).cpu() for each in zip(*self._unchecked, strict=True))
        self._unchecked = []
        finite = (losses + norms).isfinite()
        if not bool(finite.all()):
            place = int(finite.all(1).int().argmin())
            first = self.done - len(losses) + place + 1
            self._refuse(first, losses[place], norms[place], int(finite[place].int().argmin()), last_good)
        return float(losses[-1].mean())

    def _batch(self) -> Batch:
        found = {id(batches): batches[self.done] for batches in self.batches}
        return _stacked([found[id(batches)] for batches in self.batches])

    def _build_predictors(self) -> EncoderStack | None:
        """Return the members' predictors of the next embedding; None for an objective that predicts nothing."""
        if not self.objectives[0].uses_actions:
            return None
        first, found = [batches[0] for batches in self.batches], []
        for member, batch in zip(self.members, first, strict=True):
            if batch.actions is None:
                allowed = "pairs with actions, (pairs, a)"
                raise InvalidValue("actions", None, allowed, "This objective predicts what an action leads to.")
            member.encoder.eval()
            with torch.inference_mode():
                d = member.encoder(batch.observations[:2]).shape[1]
            seed = stream_seed(member.seed, "predictor")
            network = member.objective.build_predictor(d, batch.actions.shape[1], seed)
            assert network is not None
            found.append(network)
        return EncoderStack(found, self.device)

    def _predicted(
        self, h: Float[Tensor, "models 2 B d"], actions: Float[Tensor, "models B a"] | None
    ) -> Float[Tensor, "models B d"] | None:
        """Return the second members' embeddings as the predictors expect them; None where nothing is predicted."""
        if self.predictors is None or actions is None:
            return None
        return self.predictors(predictor_input(h[:, 0], actions))

    def _refuse(self, step: int, losses: Tensor, norms: Tensor, member: int, last_good: str) -> None:
        named = "Training" if len(self.members) == 1 else f"Training of {self.members[member].name}"
        raise TrainingDiverged(
            f"{named} stopped at step {step:,} of {self.settings.steps:,}: the loss is {losses[member]:g} and "
            f"the gradient's norm {norms[member]:g}, and both must be finite. {last_good} "
            f"A lower training.lr (it is {self.settings.lr:g}) or training.clip_norm usually mends it."
        )

    def record(self) -> None:
        """Add a point to every member's curves."""
        point = {name: (total / self.since).tolist() for name, total in self.sums.items()}
        point |= {name: [value] * len(self.members) for name, value in self._shared().items()}
        if self.heldout:
            pairs = len(self.heldout[0].index)
            fixed = [known for batches in self.batches if (known := batches.fixed(pairs)) is not None]
            if fixed:
                point["train_alignment"] = self._aligned(fixed)
            point["heldout_alignment"] = self._aligned(self.heldout)
        for name, values in point.items():
            self.curves.setdefault(name, []).append(values)
        self.sums, self.since = {}, 0

    def _shared(self) -> dict[str, float]:
        return {"step": self.done, "lr": self.settings.learning_rate(self.done - 1)}

    def _aligned(self, pairs: Sequence[DevicePairs]) -> list[float]:
        """Return every member's E|h - h'|^2 over d times the embedding's mean variance, in eval mode.

        Where the next embedding is predicted it is E|p(h, a) - h'|^2.
        """
        self.stack.train(False)
        batch = _stacked([part.batch(slice(None)) for part in pairs])
        with torch.inference_mode():
            h = torch.cat([self.stack(part) for part in batch.observations.split(1024, 1)], 1)
            both = h.unflatten(1, (2, -1))
            predicted = self._predicted(both, batch.actions)
        apart = pair_distance(both) if predicted is None else prediction_error(predicted, both)
        distance: Tensor = apart / h.var(1).mean(1).clamp_min(1e-12)
        return [float(value) for value in distance]

    def state(self) -> dict[str, Any]:
        """Return all that a later process needs to continue as if nothing had happened."""
        names = ("done", "seconds", "sums", "since", "curves")
        parts = {"encoder": self.stack.state(), "optimiser": self.optimiser.state_dict()}
        if self.predictors is not None:
            parts["predictor"] = self.predictors.state()
        sums = {name: total.cpu() for name, total in self.sums.items()}
        return parts | {name: getattr(self, name) for name in names} | {"sums": sums}

    def restore(self, state: dict[str, Any]) -> None:
        """Continue from another process's `state`."""
        self.stack.load(state["encoder"])
        if self.predictors is not None:
            self.predictors.load(state["predictor"])
        self.optimiser.load_state_dict(state["optimiser"])
        for name in ("done", "seconds", "since", "curves"):
            setattr(self, name, state[name])
        self.sums = {name: total.to(self.device) for name, total in state["sums"].items()}

    def summaries(self) -> list[TrainingHistory]:
        """Return every member's record, with a warning where the encoder memorises its training pairs."""
        return [self._summary(member) for member in range(len(self.members))]

    def _summary(self, member: int) -> TrainingHistory:
        curves = {name: np.array([values[member] for values in points]) for name, points in self.curves.items()}
        step = curves.pop("step").astype(np.int64)
        optimum, objective = self.members[member].alignment_optimum, self.objectives[member]
        warnings = memorising_warnings(curves, optimum)
        seconds = self.seconds / len(self.members)
        record = Training(
            steps=self.done,
            parameters=parameters(self.members[member].encoder),
            frames_per_second=2 * self.batches[member].size * self.done / max(seconds, 1e-9),
            final={name: float(curve[-1]) for name, curve in curves.items()},
            curves=list(curves),
            alignment_optimum=optimum,
            regulariser_weight=None if objective.weight_field is None else objective.regulariser_weight,
            memorising=bool(warnings),
            warnings=warnings,
        )
        predictor = None if self.predictors is None else self.predictors.networks[member]
        return TrainingHistory(record, step, curves, seconds, predictor)


def _stacked(batches: Sequence[Batch]) -> Batch:
    """Return the members' batches as one, with a leading dimension over members."""

    def of_all(parts: list[Tensor | None]) -> Tensor | None:
        known = [part for part in parts if part is not None]
        return torch.stack(known) if known else None

    observations, controls, actions = zip(*batches, strict=True)
    return Batch(torch.stack(observations), of_all(list(controls)), of_all(list(actions)))


def _batches(members: Sequence[StackMember], settings: TrainingSettings, device: torch.device) -> list[Batches]:
    """Return every member's batches; members with the same data and seed share theirs."""
    made: dict[tuple[int, int], Batches] = {}
    for member in members:
        key = id(member.data), member.seed
        if key not in made:
            made[key] = member.data.batches(settings.batch, member.seed, device)
            if made[key].size < rank_count():
                raise InvalidValue("training.batch", made[key].size, f"{rank_count()} pairs or more, one for each rank")
    return [made[id(member.data), member.seed] for member in members]


def _check_that_ranks_agree(done: int, checkpoint: Path | None) -> None:
    """Raise WorldprobeError where ranks would continue from different steps: they do not see one folder."""
    ranks, steps = rank_count(), int(sum_over_ranks(torch.tensor(float(done))))
    if steps != ranks * done:
        raise WorldprobeError(
            f"This rank continues from step {done:,}, others from another: not all of them see {checkpoint}. "
            "Give --out a folder that every machine shares."
        )


def _last_good(checkpoint: Path | None, saved: int) -> str:
    if checkpoint is None or saved == 0:
        return "No checkpoint was written before it."
    return f"The last good checkpoint is {checkpoint}, of step {saved}."
