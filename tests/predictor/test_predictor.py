"""What both ceilings refuse, and what no prediction is made for."""

import re

import numpy as np
import pytest

from predictor.worlds import ou
from worldprobe.errors import InvalidValue, WorldprobeError
from worldprobe.predictor.predict import CEILINGS, predict
from worldprobe.results import Prediction


@pytest.mark.parametrize("objective", list(CEILINGS))
def test_a_small_sample_is_refused_with_the_number_needed(rng: np.random.Generator, objective: str) -> None:
    found = predict(*ou(rng, 1_000, [0.8]), objective, rng=rng)
    assert found.refused is not None
    assert "1,000 pairs" in found.refused
    assert "2,198 or more" in found.refused
    with pytest.raises(WorldprobeError, match="no ideal embedding"):
        found.features(np.zeros((1, 1)))


@pytest.mark.parametrize("objective", list(CEILINGS))
def test_few_clips_are_few_whatever_their_length(rng: np.random.Generator, objective: str) -> None:
    found = predict(*ou(rng, 10_000, [0.8]), objective, rng=rng, groups=1_000)
    assert found.refused is not None
    assert "10 independent groups" in found.refused


@pytest.mark.parametrize("objective", list(CEILINGS))
def test_a_world_that_stands_still_is_refused(rng: np.random.Generator, objective: str) -> None:
    found = predict(np.ones((5_000, 2)), np.ones((5_000, 2)), objective, rng=rng)
    assert found.refused is not None
    assert "No control moves" in found.refused


@pytest.mark.parametrize("objective", list(CEILINGS))
def test_the_same_seed_gives_the_same_prediction(objective: str) -> None:
    pairs = ou(np.random.default_rng(3), 5_000, [0.8])
    one, two = (predict(*pairs, objective, rng=np.random.default_rng(0), at_most=4_000) for _ in range(2))
    assert (one.r2, one.ci95, one.convergence, one.pairs) == (two.r2, two.ci95, two.convergence, two.pairs)
    assert one.pairs == pytest.approx(4_000, rel=0.05)


def test_infonce_has_no_prediction_and_the_error_says_why(rng: np.random.Generator) -> None:
    with pytest.raises(InvalidValue, match=r"sigreg or whitening.*InfoNCE"):
        predict(*ou(rng, 100, [0.8]), "infonce", rng=rng)


def test_a_prediction_is_its_record_and_names_its_controls(rng: np.random.Generator) -> None:
    found = predict(*ou(rng, 20_000, [0.8, 0.7]), rng=rng, names=("yaw", "x"))
    assert isinstance(found, Prediction)
    assert list(found.r2_per_control or {}) == ["yaw", "x"]
    assert "95 % interval" in found._repr_html_()
    there = found.record(rng.standard_normal((500, 2)))
    assert type(there) is Prediction
    assert list(there.r2_on_test_per_control or {}) == ["yaw", "x"]
    assert there.r2_on_test == pytest.approx(1.0, abs=0.01)
    assert Prediction.model_validate_json(there.model_dump_json()) == there
    with pytest.raises(InvalidValue, match="one for every control"):
        predict(*ou(rng, 20_000, [0.8, 0.7]), rng=rng, names=("yaw",))


def test_an_embedding_without_dimensions_is_refused(rng: np.random.Generator) -> None:
    with pytest.raises(InvalidValue, match="1 or more"):
        predict(*ou(rng, 100, [0.8]), d=0, rng=rng)


@pytest.mark.slow
def test_maps_are_named_in_plain_english(rng: np.random.Generator) -> None:
    """An even map is the best of a reflection: the search finds it, and says where it began."""
    first, second = ou(rng, 20_000, [-0.8])
    found = predict(first, second, rng=rng)
    assert {trial.name for trial in found.tried} <= {
        "plain map",
        *(f"{more}search from {start}" for start in STARTS for more in ("", "continued ")),
    }
    assert len(found.tried) > 1
    assert not re.search(r"rival|chance|\bstart '", " ".join([*found.notes, found.refused or ""]))


STARTS = ("the plain map", "the eigenfunctions", "the folded map", "a random map")
