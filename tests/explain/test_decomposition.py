"""The parts of 1 - R^2: they sum, none takes more than there is, each goes to what caused it."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from worldprobe.explain.decomposition import Ends, off_white_from_sigreg, off_white_from_whitening
from worldprobe.explain.decomposition import decompose as decompose_by_name
from worldprobe.results import MissingParts
from worldprobe.train.sigreg_loss import draw_directions, sigreg

DONE = Ends(train=1.0, heldout=1.0, optimum=1.0, rho=0.5, off_white=0.0)
SHARES = arrays(np.float64, 3, elements=st.floats(-0.5, 1.0))


def decompose(r2: np.ndarray, *, ends: Ends | None, **references: np.ndarray | None) -> SimpleNamespace:
    """Decompose unnamed controls; every part as an array over them, None where it is unknown."""
    names = [f"z{i}" for i in range(len(r2))]
    named = {key: None if v is None else dict(zip(names, v.tolist(), strict=True)) for key, v in references.items()}
    found = decompose_by_name(dict(zip(names, r2.tolist(), strict=True)), ends=ends, **named)  # type: ignore[arg-type]
    each = {part: [getattr(found[name], part) for name in names] for part in MissingParts.model_fields}
    return SimpleNamespace(**{part: None if None in v else np.array(v) for part, v in each.items()})


def _parts(found: SimpleNamespace) -> list[np.ndarray]:
    names = (name for name in MissingParts.model_fields if name != "missing")
    return [part for name in names if (part := getattr(found, name)) is not None]


@given(
    r2=SHARES,
    ceiling=st.none() | SHARES,
    least=st.none() | SHARES,
    supervised=st.none() | SHARES,
    best=st.none() | SHARES,
    train=st.none() | st.floats(0.0, 3.0),
    heldout=st.floats(0.0, 3.0),
    off_white=st.floats(0.0, 2.0),
    style=st.none() | st.floats(0.0, 1.0),
)
def test_parts_are_not_negative_and_sum_to_what_is_missing(
    r2: np.ndarray,
    ceiling: np.ndarray | None,
    least: np.ndarray | None,
    supervised: np.ndarray | None,
    best: np.ndarray | None,
    train: float | None,
    heldout: float,
    off_white: float,
    style: float | None,
) -> None:
    ends = Ends(train, heldout, 1.0, 0.5, off_white, style=style)
    found = decompose(r2, ceiling=ceiling, least=least, supervised=supervised, ends=ends, best_seed=best)
    assert all((part >= 0.0).all() for part in _parts(found))
    np.testing.assert_allclose(sum(_parts(found)), 1.0 - r2, atol=1e-12)


def test_what_equally_aligned_maps_read_differently_is_not_identifiable() -> None:
    r2, best, worst = np.array([0.5, 0.1, 0.95]), np.array([0.9, 0.9, 0.9]), np.array([0.2, 0.4, 0.2])
    found = decompose(r2, ceiling=best, least=worst, supervised=None, ends=DONE)
    np.testing.assert_allclose(found.regime, [0.1, 0.1, 0.05])
    np.testing.assert_allclose(found.non_identifiability, [0.4, 0.5, 0.0], atol=1e-12)
    np.testing.assert_allclose(found.unexplained, [0.0, 0.3, 0.0], atol=1e-12)


def test_the_regime_comes_before_the_scene_and_both_before_training() -> None:
    r2, ceiling, supervised = np.array([0.0, 0.5, 0.9]), np.array([0.2, 1.0, 1.0]), np.array([0.1, 0.6, 1.0])
    found = decompose(r2, ceiling=ceiling, supervised=supervised, ends=DONE)
    np.testing.assert_allclose(found.regime, [0.8, 0.0, 0.0])
    np.testing.assert_allclose(found.scene, [0.2, 0.4, 0.0])
    np.testing.assert_allclose(found.unexplained, [0.0, 0.1, 0.1])


def test_a_refused_prediction_separates_nothing_but_the_scene() -> None:
    found = decompose(np.array([0.3]), ceiling=None, supervised=np.array([0.9]), ends=DONE)
    assert found.regime is found.data is found.optimisation is None
    assert found.scene is not None
    assert (found.scene[0], found.unexplained[0]) == pytest.approx((0.1, 0.6))


def test_memorised_pairs_are_the_data_s_fault_and_a_stopped_training_is_its_own() -> None:
    memorised, stopped = Ends(0.4, 1.3, 1.0, 0.5, 0.0), Ends(1.3, 1.3, 1.0, 0.5, 0.0)
    assert (memorised.data, memorised.optimisation) == pytest.approx((0.6, 0.0))
    assert (stopped.data, stopped.optimisation) == pytest.approx((0.0, 0.6))
    afresh = Ends(None, 1.3, 1.0, 0.5, 0.0)
    assert (afresh.data, afresh.optimisation) == pytest.approx((0.0, 0.6))


def test_an_encoder_that_puts_a_share_into_squares_is_charged_that_share() -> None:
    """h_k = sqrt(1 - e) z_k + sqrt(e) (z_k^2 - 1) / sqrt(2) has R^2 = 1 - e, and the price of alignment says e."""
    rng, rho, e = np.random.default_rng(0), 0.6, 0.2
    z = rng.standard_normal((400_000, 1))
    pair = rho * z + np.sqrt(1 - rho**2) * rng.standard_normal(z.shape)
    h, partner = (np.sqrt(1 - e) * x + np.sqrt(e / 2) * (x**2 - 1) for x in (z, pair))
    aligned = float(((h - partner) ** 2).mean() / h.var())
    ends = Ends(aligned, aligned, 2 * (1 - rho), rho, 0.0)
    assert ends.optimisation == pytest.approx(e, abs=0.01)
    r2 = np.corrcoef(z[:, 0], h[:, 0])[0, 1] ** 2
    found = decompose(np.array([r2]), ceiling=np.ones(1), supervised=np.ones(1), ends=ends)
    assert found.unexplained[0] == pytest.approx(0.0, abs=0.01)


def test_a_share_of_style_costs_as_much_of_r2_and_is_a_part_of_its_own() -> None:
    """h = sqrt(1 - s) z + sqrt(s) e, e drawn afresh within the pair: R^2 = 1 - s, alignment 2 (1 - rho (1 - s))."""
    rng, rho, share = np.random.default_rng(0), 0.6, 0.2
    z, style, other = rng.standard_normal((3, 400_000))
    pair = rho * z + np.sqrt(1 - rho**2) * rng.standard_normal(z.shape)
    h, partner = (np.sqrt(1 - share) * x + np.sqrt(share) * e for x, e in ((z, style), (pair, other)))
    aligned = float(((h - partner) ** 2).mean() / h.var())
    r2 = np.array([np.corrcoef(z, h)[0, 1] ** 2])
    known = {"ceiling": np.ones(1), "supervised": np.ones(1)}
    found = decompose(r2, ends=Ends(aligned, aligned, 2 * (1 - rho), rho, 0.0, style=share), **known)
    assert found.style[0] == pytest.approx(share, abs=0.005)
    assert max(found.data[0], found.optimisation[0], found.unexplained[0]) < 0.02
    without = decompose(r2, ends=Ends(aligned, aligned, 2 * (1 - rho), rho, 0.0), **known)
    assert without.style is None
    assert without.optimisation[0] > 0.15


def test_style_in_a_dimension_that_the_scene_leaves_empty_costs_nothing() -> None:
    """One control of two is hidden, and style takes its dimension: half of the variance, none of the R^2 left."""
    rho = 0.5
    floor = 2 * (1 - rho) + 2 * rho * 0.5
    filled = Ends(floor, floor, 2 * (1 - rho), rho, 0.0, style=0.5)
    found = decompose(np.array([0.0, 0.9]), ceiling=np.ones(2), supervised=np.array([0.0, 1.0]), ends=filled)
    np.testing.assert_allclose(found.style, [0.0, 0.0])
    np.testing.assert_allclose(found.optimisation, [0.0, 0.0])
    np.testing.assert_allclose(found.unexplained, [0.0, 0.1])


def test_what_the_scene_hides_is_not_charged_to_training_again() -> None:
    """One control of two cannot be seen: half of every embedding's energy cannot be aligned, however long it trains."""
    gap = Ends(train=1.25, heldout=1.25, optimum=1.0, rho=0.5, off_white=0.0)
    found = decompose(np.array([0.0, 0.9]), ceiling=np.ones(2), supervised=np.array([0.0, 1.0]), ends=gap)
    np.testing.assert_allclose(found.scene, [1.0, 0.0])
    np.testing.assert_allclose(found.optimisation, [0.0, 0.0])
    np.testing.assert_allclose(found.unexplained, [0.0, 0.1])


def test_a_noisy_sensor_is_not_charged_to_training() -> None:
    """h = sqrt(s) z + sqrt(1 - s) e, with an e in every frame, is the best reading: its alignment is 2 (1 - s rho).

    The gap, 2 rho (1 - s), is 1 / (1 - rho) times what features of degree 2 with as much energy would cost.
    """
    s, rho = 0.9, 0.8
    reading = 2 * (1 - s * rho)
    r2, known = np.array([s - 0.05]), {"ceiling": np.ones(1), "supervised": np.array([s])}
    best = Ends(reading, reading, 2 * (1 - rho), rho, 0.0, supervised=reading)
    found = decompose(r2, ends=best, **known)
    assert (found.scene[0], found.optimisation[0], found.unexplained[0]) == pytest.approx((0.1, 0.0, 0.05))
    without = decompose(r2, ends=Ends(reading, reading, 2 * (1 - rho), rho, 0.0), **known)
    assert without.optimisation[0] == pytest.approx(0.05)
    stopped = Ends(reading + 0.02, reading + 0.02, 2 * (1 - rho), rho, 0.0, supervised=reading)
    assert decompose(r2, ends=stopped, **known).optimisation[0] == pytest.approx(0.05)


def test_what_a_luckier_seed_has_found_is_optimisation() -> None:
    found = decompose(
        np.array([0.5, 0.9]), ceiling=np.ones(2), supervised=np.ones(2), ends=DONE, best_seed=np.array([0.8, 0.9])
    )
    np.testing.assert_allclose(found.optimisation, [0.3, 0.0])
    np.testing.assert_allclose(found.unexplained, [0.2, 0.1])


def test_a_lost_dimension_shows_in_sigreg_and_is_no_more_than_its_share() -> None:
    """Two of six dimensions that hold the same control: alignment is perfect, and one sixth of the controls is lost."""
    ends = Ends(1.0, 1.0, 1.0, 0.5, off_white=2.0 / 6)
    r2 = np.array([1.0, 1.0, 1.0, 1.0, 1.0, 0.0])
    found = decompose(r2, ceiling=np.ones(6), supervised=np.ones(6), ends=ends)
    np.testing.assert_allclose(found.optimisation, 1.0 - r2)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9])
def test_sigreg_says_how_far_the_covariance_is_from_white(rho: float) -> None:
    generator, d, batch = torch.Generator().manual_seed(0), 4, 256
    scale = torch.tensor([1.15, 0.85, 1.15, 0.85], dtype=torch.float64).sqrt()

    def mean_sigreg(stretch: torch.Tensor) -> float:
        values = []
        for _ in range(300):
            z, noise = torch.randn(2, batch, d, generator=generator, dtype=torch.float64)
            both = torch.cat([z, rho * z + (1 - rho**2) ** 0.5 * noise]) * stretch
            values.append(float(sigreg(both, draw_directions(d, 64, generator).double())))
        return float(np.mean(values))

    white, stretched = mean_sigreg(torch.ones(d)), mean_sigreg(scale)
    assert off_white_from_sigreg(white, 2 * batch, d, rho) == pytest.approx(0.0, abs=0.01)
    assert off_white_from_sigreg(stretched, 2 * batch, d, rho) == pytest.approx(0.15**2, abs=0.012)


def test_whitening_says_the_same_less_what_a_batch_cannot_know() -> None:
    rng, d, samples = np.random.default_rng(0), 3, 400
    scale = np.sqrt([1.2, 0.8, 1.0])
    off = [
        ((np.cov(rng.standard_normal((samples, d)) * scale, rowvar=False) - np.eye(d)) ** 2).mean() for _ in range(200)
    ]
    assert off_white_from_whitening(float(np.mean(off)), samples, d) == pytest.approx(2 * 0.2**2 / 3, abs=0.004)
