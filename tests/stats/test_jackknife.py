"""What depends on one another stays together; the jackknife takes a bias away and gives an error bar."""

import numpy as np
import pytest

from worldprobe.errors import InvalidValue
from worldprobe.stats.jackknife import BLOCKS, jackknife, sample_pairs


def test_groups_are_never_cut_by_a_block_or_by_thinning(rng: np.random.Generator) -> None:
    labels = np.repeat(np.arange(300), rng.integers(1, 30, 300))
    z = np.stack([labels, np.arange(len(labels))], axis=1).astype(float)
    kept = sample_pairs(z, z, labels, len(labels) // 2, rng)
    sizes = np.bincount(labels)
    seen = [set(kept.first[kept.rows(block), 0].astype(int)) for block in range(BLOCKS)]
    assert sum(map(len, seen)) == len(set().union(*seen)) == kept.groups
    for group in set().union(*seen):
        assert np.count_nonzero(kept.first[:, 0] == group) == sizes[group]
    assert len(kept) == pytest.approx(len(labels) / 2, rel=0.3)
    assert np.all(np.diff(kept.first[:, 1]) > 0)  # in their order


def test_labels_need_not_be_neighbours(rng: np.random.Generator) -> None:
    labels = np.arange(400) % 100
    kept = sample_pairs(labels[:, None] * 1.0, labels[:, None] * 1.0, labels, 10**6, rng)
    blocks = [set(kept.first[kept.rows(block), 0]) for block in range(BLOCKS)]
    assert sum(map(len, blocks)) == 100


def test_the_jackknife_of_a_mean_is_the_mean_with_its_standard_error(rng: np.random.Generator) -> None:
    x = rng.standard_normal(BLOCKS)
    without = np.array([np.delete(x, i).mean() for i in range(BLOCKS)])
    found = jackknife(float(x.mean()), without)
    assert found.value == pytest.approx(x.mean())
    assert found.error == pytest.approx(x.std(ddof=1) / np.sqrt(BLOCKS))


def test_the_jackknife_takes_away_a_bias_of_order_one_over_n(rng: np.random.Generator) -> None:
    x = rng.standard_normal(BLOCKS)
    biased = float(np.var(x))  # (n - 1) / n of the unbiased one
    without = np.array([np.var(np.delete(x, i)) for i in range(BLOCKS)])
    assert jackknife(biased, without).value == pytest.approx(np.var(x, ddof=1))


@pytest.mark.parametrize(
    ("second", "groups", "message"),
    [
        (np.zeros((9, 2)), None, "the shape of the first members"),
        (np.full((10, 2), np.nan), None, "finite numbers"),
        (np.zeros((10, 2)), np.arange(9), "10, one per pair"),
        (np.zeros((10, 2)), 0, "1 or more consecutive pairs"),
    ],
)
def test_what_does_not_fit_is_refused(second: np.ndarray, groups: object, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        sample_pairs(np.zeros((10, 2)), second, groups, 100, np.random.default_rng(0))  # type: ignore[arg-type]
