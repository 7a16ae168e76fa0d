"""The answer of an audit: what is recovered, what limits it first, what to record next; ideal logs; odd episodes."""

import numpy as np
import pytest
from scipy.special import ndtr

from audits.logs import clean, names
from predictor.test_log_prediction import pairs, walk
from worldprobe.audits.gates.exploration.predicted_r2 import FEW_DRAWS_COUNT, judged
from worldprobe.audits.limits.answering import answered, log_answer
from worldprobe.audits.limits.ideal_logs import against_ideal, episode_starts, ideal_log
from worldprobe.audits.limits.limiting_causes import _few
from worldprobe.audits.limits.mended_pairs import (
    StatePairs,
    equal_correlations,
    gaussian_marginals,
    independent_states,
)
from worldprobe.audits.limits.odd_episodes import odd_episodes
from worldprobe.audits.limits.quick_prediction import QuickPrediction
from worldprobe.audits.limits.stride_advice import longer, stride_advice
from worldprobe.explore import Pairs
from worldprobe.predictor.few_draws import SampleSize
from worldprobe.predictor.log_prediction import predict_log
from worldprobe.results import LogAnswer, Prediction


def standardised(given: Pairs) -> Pairs:
    z = given.controls
    return Pairs((z - z.mean(axis=0)) / np.where(z.std(axis=0) > 0, z.std(axis=0), 1.0), given.index)


def answer(given: Pairs) -> LogAnswer:
    n = given.controls.shape[1]
    white = standardised(given)
    found = log_answer(white, names(n), predict_log(white, names(n)).record())
    assert found is not None
    assert LogAnswer.model_validate_json(found.model_dump_json()) == found
    return found


@pytest.mark.slow
def test_a_clean_log_is_limited_by_nothing(rng: np.random.Generator) -> None:
    found = answer(pairs(walk(rng, 200, 80, [0.8, 0.8])))
    assert found.r2 > 0.98
    assert found.limits.startswith("Nothing that was tested limits it")
    assert found.more_episodes is None
    assert found.weakest == []


@pytest.mark.slow
def test_heavy_tails_are_named_first_with_what_mending_them_buys(rng: np.random.Generator) -> None:
    z = walk(rng, 200, 80, [0.8, 0.8])
    found = answer(pairs(np.sign(z) * np.abs(z) ** 2.2))
    first = found.causes[0]
    assert first.cause == "marginals"
    assert first.gain == pytest.approx(1.0 - found.r2, abs=0.02)
    assert first.gain_ci95[0] <= first.gain <= first.gain_ci95[1]
    assert f"{first.gain:.2f}" in found.limits


@pytest.mark.slow
def test_unequal_correlations_are_named_first(rng: np.random.Generator) -> None:
    found = answer(pairs(walk(rng, 200, 80, [0.97, 0.4])))
    assert found.causes[0].cause == "unequal correlations"
    assert found.causes[0].gain > 0.4
    assert found.weakest[0] == "c1"


def test_few_pairs_are_named_first_and_more_episodes_are_counted(rng: np.random.Generator) -> None:
    found = answer(pairs(walk(rng, 4, 60, [0.8, 0.8])))
    assert found.causes[0].cause == "few draws"
    assert found.more_episodes is not None
    best, low, high = found.more_episodes
    assert low < best < high
    grown = SampleSize(236 * (best + 4) / 4, found.draws * (best + 4) / 4, 2, 0.8)
    assert grown.kept == pytest.approx(0.98, abs=0.01)
    assert "add about" in found.record_next


@pytest.mark.slow
def test_the_gate_on_the_prediction_says_why_the_answer_is_lower_on_few_pairs(rng: np.random.Generator) -> None:
    few, many = (standardised(pairs(walk(rng, count, 60, [0.8, 0.8]) ** 3)) for count in (3, 400))
    for given, differ in ((few, True), (many, False)):
        predicted = predict_log(given, names(2)).record()
        found = log_answer(given, names(2), predicted)
        assert found is not None
        assert predicted.r2_per_control is not None
        for gate in judged(predicted, names(2), found):
            ideal, kept = predicted.r2_per_control[gate.subject], found.r2_per_state[gate.subject]
            assert (ideal - kept >= FEW_DRAWS_COUNT) == differ
            assert gate.evidence["R^2 with the pairs that there are"] == kept
            assert gate.value == ideal
            assert gate.advice
            assert (f"recovers R^2 {kept:.2f}: the number of the audit's answer" in gate.advice) == differ


@pytest.mark.slow
def test_a_state_that_never_moves_is_named_first(rng: np.random.Generator) -> None:
    z = walk(rng, 200, 80, [0.8, 0.8])
    z[..., 1] = 2.0
    found = answer(pairs(z))
    assert found.causes[0].cause == "states that never move"
    assert found.causes[0].gain == pytest.approx(0.5, abs=0.02)


def test_a_prediction_that_broke_off_is_said_and_loses_nothing_else(rng: np.random.Generator) -> None:
    given = pairs(walk(rng, 20, 40, [0.8, 0.8]))
    found, why = answered(given, names(2), Prediction(refused="It broke.", refused_briefly="it broke off"))
    assert found is None
    assert why == ["It broke."]


def state_pairs(rng: np.random.Generator, rho: list[float], count: int = 20_000) -> StatePairs:
    z = walk(rng, count, 2, rho)
    return StatePairs(z[:, 0], z[:, 1])


def test_gaussianised_marginals_are_gaussian_and_keep_ranks_and_correlation(rng: np.random.Generator) -> None:
    given = state_pairs(rng, [0.8, 0.6])
    bent = StatePairs(ndtr(given.first) ** 3, np.clip(given.second, -0.5, 0.5))
    bent = StatePairs(np.clip(bent.first, 0.05, None), ndtr(given.second) ** 3)
    found = gaussian_marginals(bent, rng)
    both = np.concatenate([found.first, found.second])
    assert both.mean(axis=0) == pytest.approx(0.0, abs=0.02)
    assert (both**4).mean(axis=0) == pytest.approx(3.0, abs=0.25)
    assert np.corrcoef(found.second[:, 0], given.second[:, 0])[0, 1] > 0.95


def test_equalised_pairs_have_one_correlation_and_the_old_marginals(rng: np.random.Generator) -> None:
    found = equal_correlations(state_pairs(rng, [0.95, 0.7, 0.2]), rng)
    rho = [np.corrcoef(found.first[:, i], found.second[:, i])[0, 1] for i in range(3)]
    assert rho == pytest.approx([0.7] * 3, abs=0.02)
    assert found.second.std(axis=0) == pytest.approx(1.0, abs=0.03)


def test_independent_states_keep_their_own_pairs(rng: np.random.Generator) -> None:
    given = state_pairs(rng, [0.9, 0.5])
    mixed = StatePairs(given.first @ [[1.0, 0.9], [0.0, 0.4]], given.second @ [[1.0, 0.9], [0.0, 0.4]])
    found = independent_states(mixed, rng)
    assert abs(np.corrcoef(found.first, rowvar=False)[0, 1]) < 0.03
    for i in range(2):
        own = np.corrcoef(mixed.first[:, i], mixed.second[:, i])[0, 1]
        assert np.corrcoef(found.first[:, i], found.second[:, i])[0, 1] == pytest.approx(own, abs=1e-9)


def test_longer_pairs_stay_within_an_episode() -> None:
    index = np.array([[0, 1], [1, 2], [2, 3], [5, 6], [6, 7]])
    assert longer(Pairs(np.zeros((8, 1)), index), 2).tolist() == [[0, 2], [1, 3], [5, 7]]
    assert longer(Pairs(np.zeros((8, 1)), np.array([[0, 1], [2, 4]])), 2).shape == (0, 2)


def test_a_stride_is_recommended_only_where_the_present_one_does_not_separate(rng: np.random.Generator) -> None:
    fine = stride_advice(pairs(walk(rng, 100, 100, [0.8, 0.8])), rng)
    assert fine is not None
    assert fine.stride == 1
    # Fast jitter on a slow walk: neighbouring rows share little but noise, rows further apart share the walk.
    assert stride_advice(clean(2, clip=2), rng) is None


def test_ideal_logs_have_the_rows_episodes_and_correlation_of_the_log(rng: np.random.Generator) -> None:
    given = pairs(walk(rng, 30, 200, [0.9, 0.6]))
    found = ideal_log(given, rng)
    assert np.array_equal(found.index, given.index)
    assert found.controls.shape == given.controls.shape
    rho = [np.corrcoef(found.first[:, i], found.second[:, i])[0, 1] for i in range(2)]
    assert rho == pytest.approx([0.9, 0.9], abs=0.03)
    assert episode_starts(given.index, 6_000).tolist() == list(range(0, 6_000, 200))
    ends = found.controls[199::200][:-1], found.controls[200::200]
    assert abs(np.corrcoef(ends[0][:, 0], ends[1][:, 0])[0, 1]) < 0.6


@pytest.mark.slow
def test_a_faulty_log_fails_more_kinds_than_ideal_ones(rng: np.random.Generator) -> None:
    from worldprobe.audits import audit_regime

    z = walk(rng, 60, 100, [0.8, 0.8])
    z[..., 0] = np.clip(z[..., 0], -0.5, 0.5)
    given = standardised(pairs(z))
    found = against_ideal(given, names(2), audit_regime(given, names(2)))
    assert found is not None
    assert len(found.failing) > found.ideal_most
    assert "beyond what its size explains" in found.sentence


def test_numbers_near_the_largest_are_compared_without_overflow(rng: np.random.Generator) -> None:
    z = rng.standard_normal((20, 30, 2))
    z[4] += 30.0
    starts = np.arange(20) * 30
    usual = odd_episodes(z.reshape(-1, 2), starts, names(2))
    assert [one.episode for one in usual] == [4]
    with np.errstate(all="raise"):
        assert [one.episode for one in odd_episodes(1e300 * z.reshape(-1, 2), starts, names(2))] == [4]


def test_odd_episodes_are_named_and_usual_ones_are_not(rng: np.random.Generator) -> None:
    z = walk(rng, 40, 50, [0.8, 0.8])
    starts = np.arange(40) * 50
    assert odd_episodes(z.reshape(-1, 2), starts, names(2)) == []
    z[3] = 0.25
    z[7, :, 1] += 40.0
    z[11, :, 0] *= 30.0
    found = {one.episode: one.why for one in odd_episodes(z.reshape(-1, 2), starts, names(2))}
    assert set(found) == {3, 7, 11}
    assert found[3].startswith("no state moves")
    assert "the mean of c1" in found[7]
    assert "the steps of c0" in found[11]
    assert odd_episodes(z[:5].reshape(-1, 2), starts[:5], names(2)) == []


@pytest.mark.parametrize("states", [2, 6])
def test_the_share_kept_grows_with_the_log(states: int) -> None:
    size = SampleSize(300.0, 100.0, states, 0.8)
    assert 0.0 < size.kept < size.times(10.0).kept < size.times(1000.0).kept <= 1.0
    assert size.times(size.growth_to(0.95)).kept == pytest.approx(0.95, abs=1e-3)
    assert SampleSize(1e7, 1e6, states, 0.8).growth_to(0.95) == 1.0


def degenerate() -> dict[str, np.ndarray]:
    """Logs of finite numbers that hardly hold anything."""
    rng = np.random.default_rng(0)
    walks = rng.standard_normal((800, 10)).cumsum(axis=0)
    return {
        "66 rows": rng.standard_normal((66, 2)),
        "slow": rng.standard_normal((93, 3)).cumsum(axis=0) * 1e-3,
        "binary": (rng.random((500, 2)) < 0.1).astype(float),
        "one still": np.column_stack([np.ones(400), rng.standard_normal(400).cumsum()]),
        "more states than draws": rng.standard_normal((100, 30)).cumsum(axis=0),
        "copies": np.repeat(rng.standard_normal((300, 1)), 12, axis=1),
        "gripper": np.column_stack([walks, np.arange(800) // 50 % 2]),
        "one jump": np.column_stack([np.repeat([0.0, 1.0], 250), rng.standard_normal(500)]),
        "alternating": np.column_stack([np.arange(400) % 2, rng.standard_normal(400)]),
    }


@pytest.mark.slow_after(1)
@pytest.mark.parametrize("name", degenerate())
def test_every_log_of_finite_numbers_is_answered(name: str) -> None:
    z = degenerate()[name]
    given = standardised(Pairs(z, np.stack([np.arange(len(z) - 1), np.arange(1, len(z))], axis=1)))
    called = names(z.shape[1])
    found, not_made = answered(given, called, predict_log(given, called).record())
    assert not_made == []
    assert found is not None
    assert 0.0 <= found.ci95[0] <= found.r2 <= found.ci95[1] <= 1.0
    assert all(low <= found.r2_per_state[name] <= high for name, (low, high) in found.r2_per_state_ci95.items())


@pytest.mark.slow
def test_a_state_that_only_moves_in_the_last_row_of_an_episode_is_no_most_dependent_one(
    rng: np.random.Generator,
) -> None:
    z = walk(rng, 60, 40, [0.8, 0.8])
    z[:, :, 1] = 0.6 * z[:, :, 0] + 0.8 * z[:, :, 1]
    last = np.zeros((*z.shape[:2], 1))
    last[:, -1] = 1.0  # the first member of a pair never has it
    found = answer(pairs(np.concatenate([last, z], axis=2)))
    [dependence] = [cause for cause in found.causes if cause.cause == "dependence"]
    assert "most of all c1 and c2" in dependence.found or "most of all c2 and c1" in dependence.found


@pytest.mark.parametrize(("draws", "said"), [(1.2, "1 independent draw"), (6.0, "6 independent draws")])
def test_one_draw_is_said_in_the_singular(draws: float, said: str) -> None:
    now = QuickPrediction(np.ones(2), SampleSize(100, draws, 2, 0.9), 1.0)
    assert _few(now)[0] == f"100 pairs are worth {said}"
