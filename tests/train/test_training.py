"""Training: reproducible, resumable, honest about divergence and memorising."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from worldprobe.errors import DamagedData, InvalidValue, StudyChanged, TrainingDiverged
from worldprobe.train import ENCODERS, OBJECTIVES, PairData, TrainingSettings, embed, train
from worldprobe.train.pair_batches import FreshPairs

SHAPE = (16, 16, 3)
SETTINGS = TrainingSettings(steps=12, batch=8, record_every=3, checkpoint_every=4, precision="fp32")


def frames(pairs: int = 40, seed: int = 0) -> PairData:
    rng = np.random.default_rng(seed)
    observations = rng.integers(0, 256, (2 * pairs, *SHAPE), dtype=np.uint8)
    return PairData(observations, np.arange(2 * pairs).reshape(pairs, 2), rng.standard_normal((2 * pairs, 2)))


def fresh(seed: int = 0) -> nn.Module:
    return ENCODERS["patchify"](width=16, hidden=16).build(SHAPE, 2, seed)


def run(encoder: nn.Module, settings: TrainingSettings = SETTINGS, seed: int = 0, **more):
    return train(encoder, OBJECTIVES["lejepa"](slices=8), more.pop("data", frames()), settings, seed, **more)


def same(one: nn.Module, other: nn.Module) -> bool:
    pairs = zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    return all(torch.equal(a, b) for a, b in pairs)


def test_same_seed_gives_the_same_weights_and_curves_and_another_seed_others():
    encoders = [fresh(), fresh(), fresh()]
    records = [run(encoder, seed=seed) for encoder, seed in zip(encoders, (5, 5, 6), strict=True)]
    assert same(encoders[0], encoders[1])
    assert not same(encoders[0], encoders[2])
    for name in ("loss", "alignment", "regulariser"):
        assert np.array_equal(records[0].curves[name], records[1].curves[name])


def test_the_global_generator_is_neither_read_nor_moved():
    torch.manual_seed(1)
    before, first, again = torch.get_rng_state(), fresh(), fresh()
    run(first)
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(2)
    run(again)
    assert same(first, again)


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("killed_after", [4, 6, 11])
def test_a_killed_training_continues_to_the_weights_of_an_uninterrupted_one(tmp_path, killed_after):
    whole, heldout = fresh(), frames(seed=1)
    uninterrupted = run(whole, heldout=heldout)
    checkpoint, taken = tmp_path / "run" / "training.pt", []

    def kill(steps: int, note: str) -> None:
        taken.append(steps)
        if sum(taken) == killed_after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(fresh(), heldout=heldout, checkpoint=checkpoint, progress=kill)
    assert [path.name for path in checkpoint.parent.iterdir()] == ["training.pt"]
    steps_left: list[int] = []
    continued = fresh(seed=9)
    history = run(
        continued, heldout=heldout, checkpoint=checkpoint, progress=lambda steps, note: steps_left.append(steps)
    )
    assert sum(steps_left) == 12 - killed_after // 4 * 4
    assert same(whole, continued)
    assert np.array_equal(history.step, uninterrupted.step)
    for name, curve in uninterrupted.curves.items():
        assert np.array_equal(history.curves[name], curve), name


def test_a_finished_training_is_not_done_again(tmp_path):
    first, second = fresh(), fresh(seed=3)
    history = run(first, checkpoint=tmp_path / "t.pt")
    again = run(second, checkpoint=tmp_path / "t.pt", progress=lambda steps, note: pytest.fail("a step was taken"))
    assert same(first, second)
    assert again.record.final == history.record.final


def test_a_checkpoint_of_another_training_is_refused(tmp_path):
    run(fresh(), checkpoint=tmp_path / "t.pt")
    with pytest.raises(StudyChanged, match="belongs to a training with another"):
        run(fresh(), seed=1, checkpoint=tmp_path / "t.pt")


@pytest.mark.parametrize("content", [b"", b"not a checkpoint", None])
def test_a_damaged_checkpoint_is_named(tmp_path, content):
    path = tmp_path / "t.pt"
    run(fresh(), checkpoint=path)
    path.write_bytes(path.read_bytes()[:-1000] if content is None else content)
    with pytest.raises(DamagedData, match=r"t\.pt cannot be read .* Delete it"):
        run(fresh(), checkpoint=path)


class PoisonedAt(nn.Module):
    """An encoder whose embedding, or whose gradient alone, turns to NaN at one forward pass."""

    def __init__(self, step: int, gradient_only: bool) -> None:
        super().__init__()
        self.layer, self.left, self.gradient_only = nn.Linear(4, 2), step, gradient_only

    def forward(self, x: Tensor) -> Tensor:
        self.left -= 1
        h = self.layer(x)
        if self.left != 0:
            return h
        if self.gradient_only:
            h.register_hook(lambda gradient: gradient * float("nan"))
            return h
        return h * float("nan")


@pytest.mark.parametrize("gradient_only", [False, True])
def test_a_non_finite_loss_or_gradient_stops_with_the_step_and_the_last_good_checkpoint(tmp_path, gradient_only):
    data = PairData(torch.randn(64, 4, generator=torch.Generator().manual_seed(0)), torch.arange(64).view(32, 2))
    path = tmp_path / "t.pt"
    with pytest.raises(TrainingDiverged, match=r"at step 7 of 12.*last good checkpoint is .*t\.pt, of step 4\..*lower"):
        run(PoisonedAt(7, gradient_only), data=data, checkpoint=path)
    saved = torch.load(path, weights_only=True)["state"]
    assert saved["done"] == 4
    assert all(weight.isfinite().all() for weight in saved["encoder"].values())
    with pytest.raises(TrainingDiverged, match=r"step 1 of 12.*No checkpoint"):
        run(PoisonedAt(1, gradient_only), data=data)


def noisy_pairs(pairs: int, rho: float, seed: int) -> PairData:
    """Two controls seen through 30 fixed linear features plus much noise of their own: something to memorise."""
    rng = np.random.default_rng(seed)
    z = rng.standard_normal((pairs, 2))
    later = rho * z + (1 - rho**2) ** 0.5 * rng.standard_normal((pairs, 2))
    mixing = np.random.default_rng(99).standard_normal((2, 30))
    both = np.concatenate([z, later])
    x = (both @ mixing + rng.standard_normal((2 * pairs, 30))).astype(np.float32)
    return PairData(x, np.arange(2 * pairs).reshape(2, pairs).T)


@pytest.mark.slow
@pytest.mark.parametrize(("pairs", "memorises"), [(48, True), (6000, False)])
def test_memorising_is_flagged_on_few_pairs_and_not_on_many(pairs, memorises):
    encoder = ENCODERS["mlp"](width=64, depth=2).build((30,), 2, 0)
    settings = TrainingSettings(steps=250, batch=48, precision="fp32")
    heldout = noisy_pairs(512, 0.5, seed=1)
    data = noisy_pairs(pairs, 0.5, seed=0)
    history = run(encoder, settings, data=data, heldout=heldout, alignment_optimum=1.0)
    assert history.record.memorising is memorises
    assert bool(history.record.warnings) is memorises
    assert ("memorising" in " ".join(history.record.warnings)) is memorises


def test_shrinking_the_embedding_does_not_change_the_heldout_alignment():
    data = noisy_pairs(256, 0.5, seed=0)
    still = TrainingSettings(steps=1, batch=8, lr=1e-12, precision="fp32")
    found = []
    for scale in (1.0, 0.01):
        encoder = ENCODERS["mlp"](width=8, depth=1).build((30,), 2, 0)
        with torch.no_grad():
            encoder[-1].weight.mul_(scale)
        found.append(run(encoder, still, data=data, heldout=data).record.final)
    assert found[0]["heldout_alignment"] == pytest.approx(found[1]["heldout_alignment"], rel=1e-4)
    assert found[0]["heldout_alignment"] == pytest.approx(found[0]["train_alignment"])
    assert found[0]["alignment"] == pytest.approx(1e4 * found[1]["alignment"], rel=1e-3)


def test_curves_stand_beside_their_steps_and_progress_counts_them_all():
    taken: list[int] = []
    history = run(fresh(), heldout=frames(seed=1), progress=lambda steps, note: taken.append(steps))
    assert history.step.tolist() == [3, 6, 9, 12]
    assert set(history.curves) == {"loss", "alignment", "regulariser", "lr", "train_alignment", "heldout_alignment"}
    assert all(len(curve) == 4 and np.isfinite(curve).all() for curve in history.curves.values())
    assert sum(taken) == 12
    assert history.record.frames_per_second == pytest.approx(12 * 16 / history.seconds)


def test_every_epoch_visits_every_pair_once_and_any_step_can_be_asked_for():
    def batches(pairs: int):
        data = PairData(torch.zeros(2 * pairs, 1), torch.arange(2 * pairs).view(-1, 2))
        return data.batches(8, 3, torch.device("cpu"))

    one = batches(24)
    steps = [one.order(step) for step in range(6)]
    for epoch in (steps[:3], steps[3:]):
        assert torch.cat(epoch).sort().values.tolist() == list(range(24))
    assert not torch.equal(torch.cat(steps[:3]), torch.cat(steps[3:]))
    assert torch.equal(batches(24).order(4), steps[4])
    assert batches(5).order(0).sort().values.tolist() == list(range(5))


def test_fresh_pairs_come_a_block_at_a_time_and_any_step_can_be_asked_for():
    asked = []

    def draw(block: int, pairs: int) -> PairData:
        asked.append((block, pairs))
        return PairData(torch.arange(2.0 * pairs)[:, None] + 1000 * block, torch.arange(2 * pairs).view(-1, 2))

    batches = FreshPairs(draw, "numbers", block_steps=3).batches(4, 0, torch.device("cpu"))
    seen = [batches[step][0].flatten().tolist() for step in range(4)]
    assert asked == [(0, 12), (1, 12)]
    assert seen[1] == [8, 10, 12, 14, 9, 11, 13, 15]
    assert seen[3][0] == 1000
    assert batches[1][0].flatten().tolist() == seen[1]
    assert batches.fixed(5) is None


@pytest.mark.parametrize(("schedule", "falls_from"), [("one-cycle", 20), ("cosine", 0), ("constant-cosine", 50)])
def test_learning_rate_peaks_at_lr_and_ends_near_nothing(schedule, falls_from):
    settings = TrainingSettings(steps=100, lr=0.01, schedule=schedule)
    rates = np.array([settings.learning_rate(step) for step in range(100)])
    assert rates[falls_from] == pytest.approx(0.01)
    rise = np.diff(rates[: falls_from + 1])
    assert (rise > 0).all() if schedule == "one-cycle" else (rise == 0).all()
    assert (np.diff(rates[falls_from:]) < 0).all()
    assert 0 < rates[-1] < 2e-5


def test_bf16_training_stays_near_fp32_training():
    records = [run(fresh(), TrainingSettings(**{**SETTINGS.settings(), "precision": p})) for p in ("fp32", "bf16")]
    assert records[0].record.final["loss"] == pytest.approx(records[1].record.final["loss"], rel=0.1)
    assert records[0].record.final["loss"] != records[1].record.final["loss"]


@pytest.mark.parametrize(
    ("index", "controls", "message"),
    [
        ([[0, 4]], None, r"index = \(0, 4\).*0 to 3"),
        ([[-1, 2]], None, r"index = \(-1, 2\)"),
        ([0, 1], None, r"index = \(2,\).*\(pairs, 2\)"),
        (np.empty((0, 2), int), None, "at least one pair"),
        ([[0, 1]], np.zeros((3, 2)), r"controls = \(3, 2\).*\(4, n\)"),
    ],
)
def test_pairs_that_point_nowhere_are_refused(index, controls, message):
    with pytest.raises(InvalidValue, match=message):
        PairData(np.zeros((4, 5), np.float32), np.array(index), controls)


@pytest.mark.slow
def test_supervised_training_reads_the_controls():
    rng = np.random.default_rng(0)
    z = rng.standard_normal((2000, 2))
    x = (z @ rng.standard_normal((2, 5))).astype(np.float32)
    data = PairData(x, np.arange(2000).reshape(-1, 2), z)
    encoder = nn.Linear(5, 2)
    settings = TrainingSettings(steps=150, batch=100, lr=0.05, precision="fp32", weight_decay=0.0)
    history = train(encoder, OBJECTIVES["supervised"](), data, settings, seed=0)
    assert history.record.final["loss"] < 1e-3
    assert np.abs(embed(encoder, x) - z).max() < 0.2
    assert "regulariser" not in history.curves


def test_checkpoints_live_where_they_are_told(tmp_path):
    path: Path = tmp_path / "deep" / "er" / "c.pt"
    run(fresh(), checkpoint=path)
    assert path.is_file()
