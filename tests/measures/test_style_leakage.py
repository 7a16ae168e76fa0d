"""The share of an embedding's variance that is style's, and the alignment that it costs, in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from worldprobe.explain.decomposition import Ends
from worldprobe.measures.style_leakage import alignment_floor, measure_style, style_variance


def _embedded(share: float, rho: float, pairs: int = 200_000, n: int = 2) -> tuple[np.ndarray, ...]:
    """Return whitened embeddings of pairs of which `share` of the variance is style's, and the first ones restyled."""
    rng = np.random.default_rng(0)
    z, noise, first, second, again = rng.standard_normal((5, pairs, n))
    other = rho * z + np.sqrt(1 - rho**2) * noise
    g, e = np.sqrt(1 - share), np.sqrt(share)
    return g * z + e * first, g * other + e * second, g * z + e * again


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_share_is_the_variance_within_controls(share: float) -> None:
    h, _, again = _embedded(share, 0.5)
    assert style_variance(h, again) == pytest.approx(share, abs=0.01)


def test_a_constant_embedding_ignores_style() -> None:
    assert style_variance(np.ones((8, 2)), np.ones((8, 2))) == 0.0


@pytest.mark.parametrize("rho", [0.2, 0.5, 0.9])
@pytest.mark.parametrize("share", [0.0, 0.25, 1.0])
def test_the_alignment_floor_rises_by_two_rho_sigma_squared(rho: float, share: float) -> None:
    """2 (1 - rho) n + 2 rho sigma^2 over n dimensions, sigma^2 = n share; of style alone nothing is aligned: 2 n."""
    h, partner, _ = _embedded(share, rho)
    assert ((h - partner) ** 2).mean() == pytest.approx(alignment_floor(rho, share), abs=0.02)


@pytest.mark.parametrize("rho", [0.2, 0.5, 0.9])
def test_leakage_is_not_booked_as_optimisation(rho: float) -> None:
    """An encoder whose whole gap is style's has spent nothing on features of degree two."""
    share = 0.3
    reached = alignment_floor(rho, share)
    known = {"train": reached, "heldout": reached, "optimum": 2 * (1 - rho), "rho": rho, "off_white": 0.0}
    assert Ends(**known, style=share).optimisation == pytest.approx(0.0, abs=1e-9)
    assert Ends(**known, style=share).data == pytest.approx(0.0, abs=1e-9)
    assert Ends(**known).optimisation > 0.25


def test_a_probe_reads_the_style_that_is_shown() -> None:
    rng = np.random.default_rng(1)
    z, style, other = rng.standard_normal((3, 4000, 1))
    shown, hidden = (np.hstack([z, part * style]) for part in (1.0, 0.0))
    for h, again, r2, invariance in (
        (shown, np.hstack([z, other]), 1.0, 0.5),
        (hidden, hidden, 0.0, 1.0),
    ):
        found = measure_style(["sun"], (h[:2000], style[:2000]), (h[2000:], style[2000:]), again[2000:])
        assert found.r2_per_style["sun"] == pytest.approx(r2, abs=0.02)
        assert found.invariance == pytest.approx(invariance, abs=0.03)
        assert found.variance_in_regime is None
