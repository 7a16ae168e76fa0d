"""The conformance test of SIGReg: facts of correct losses, and the name of each planted mistake."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import worldprobe as wp
from cli.calling import call
from conformance import written_sigregs
from forked import Forked, execute
from worldprobe.conformance.conventions import CONVENTIONS, equivalents
from worldprobe.errors import InvalidValue, PluginFailed, UnknownName, WorldprobeError
from worldprobe.train import OBJECTIVES
from worldprobe.train.objectives import terms

FILE = Path(written_sigregs.__file__)


class ForkedRank:
    """A rank in a process that has torch loaded already, used as the `Popen` that it replaces."""

    def __init__(self, command: list[str], env: dict[str, str], **_: Any) -> None:
        *_, module, folder, rank = command
        code = f"from pathlib import Path; from {module} import main; main(Path({folder!r}), {rank})"
        self._rank = Forked(execute, code, environment=env)

    def communicate(self, timeout: float) -> tuple[None, bytes]:
        return None, self._rank.wait(timeout).stderr.encode()

    def poll(self) -> int | None:
        return self._rank.process.exitcode


@pytest.fixture
def forked_ranks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare both ranks the seconds of importing torch; the tests without this start them as a user's are."""
    started = SimpleNamespace(Popen=ForkedRank, DEVNULL=None, PIPE=None, TimeoutExpired=subprocess.TimeoutExpired)
    monkeypatch.setattr("worldprobe.conformance.whole_batch.subprocess", started)


def named(name: str) -> str:
    return f"{FILE}:{name}"


@pytest.mark.usefixtures("forked_ranks")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "ranks", "agrees", "views", "form"),
    [
        ("per_view_over_ranks", 2, {"lejepa", "lightly", "lewm"}, "per view", None),
        ("BroadcastDirections", 2, {"lejepa", "lightly"}, "per view", "(1 - l) inv + l reg"),
        ("flattened_convex", 1, {"worldprobe", "lejepa-identifiability"}, "flattened", "(1 - l) inv + l reg"),
        ("over_time_added", 1, {"lewm"}, "per view", "inv + l reg"),
    ],
)
def test_a_correct_loss_passes_and_is_recognised(
    name: str, ranks: int, agrees: set[str], views: str, form: str | None
) -> None:
    found = wp.check_sigreg(named(name), ranks=ranks)
    assert found.passed
    assert set(found.agrees_with) == agrees
    assert found.views == views
    assert (found.weighting and found.weighting.form) == form
    assert (found.quadrature.knots, found.quadrature.t_max) == (17, pytest.approx(3.0))
    assert found.quadrature.residual < 1e-5
    assert found.factor == pytest.approx(1.0, rel=1e-4)
    assert found.scaling.times_n is True
    if ranks == 2:
        assert found.whole_batch.statistic == "the whole batch's"
        assert found.whole_batch.gradient_ratio == pytest.approx(1.0, abs=1e-4)


@pytest.mark.usefixtures("forked_ranks")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "ranks", "against", "mistake"),
    [
        ("per_replica", 2, None, "per-replica statistic"),
        ("all_reduce_without_gradient", 2, None, "gradient off by 1/world_size"),
        ("flattened_added", 1, "lejepa-identifiability", "lambda form"),
        ("per_view_convex", 1, "lejepa-identifiability", "per view against flattened"),
    ],
)
def test_a_planted_mistake_is_named(name: str, ranks: int, against: str | None, mistake: str) -> None:
    found = wp.check_sigreg(named(name), ranks=ranks, against=against)
    assert [finding.name for finding in found.findings] == [mistake]
    assert not found.passed
    assert mistake in str(found)


@pytest.mark.slow_after(1)
@pytest.mark.parametrize(
    ("name", "mistakes", "differences"),
    [
        ("mean_of_samples", [], ["factor N"]),
        ("summed_over_directions", [], ["constant factor"]),
        ("nine_knots_to_two", [], ["quadrature"]),
        ("half_detached", ["gradient is not the derivative"], []),
        ("not_unit", ["directions are not unit vectors"], ["quadrature"]),
        ("first_axis", ["samples along the first axis"], None),
    ],
)
def test_what_is_wrong_within_one_process(name: str, mistakes: list[str], differences: list[str] | None) -> None:
    found = wp.check_sigreg(getattr(written_sigregs, name), ranks=1)
    assert [finding.name for finding in found.mistakes] == mistakes
    if differences is not None:
        assert [finding.name for finding in found.differences["lejepa"]] == differences
    if name == "nine_knots_to_two":
        assert (found.quadrature.knots, found.quadrature.t_max) == (9, pytest.approx(2.0))
    if name == "summed_over_directions":
        assert found.factor == pytest.approx(32.0, rel=1e-4)


def test_a_lambda_that_is_no_argument_is_read_off() -> None:
    found = wp.check_sigreg(written_sigregs.fixed_total, ranks=1)
    assert found.weighting is not None
    assert found.weighting.fixed == pytest.approx(0.05, rel=1e-4)
    assert found.weighting.form == "(1 - l) inv + l reg"


@pytest.mark.slow
def test_a_function_of_rows_is_no_mistake_on_views() -> None:
    found = wp.check_sigreg(written_sigregs.rows_only, ranks=1)
    assert found.passed
    assert found.quadrature.fits
    assert found.views == "samples along the first axis"
    assert any("Flatten them first" in note for note in found.notes)


@pytest.mark.slow
def test_an_equivalent_lambda_weighs_the_gradients_alike() -> None:
    """Losses of two conventions are proportional to one another where their lambdas are equivalent."""
    samples = 64
    found = wp.check_sigreg(written_sigregs.per_view_convex, ranks=1, weight=0.1, samples=samples)
    assert found.equivalent is not None
    codes = found.equivalent.codes
    assert codes["lejepa"] == pytest.approx(0.1, rel=1e-3)
    equal = torch.randn(samples, 1, generator=torch.Generator().manual_seed(0)).expand(2, samples, 1)
    moved = torch.stack([equal[0], equal[1].roll(1, 0)])
    ratios = []
    for loss, weight in (
        (written_sigregs.per_view_convex, codes["lejepa"]),
        (written_sigregs.flattened_convex, codes["lejepa-identifiability"]),
        (written_sigregs.flattened_added, codes["stable-pretraining"]),
        (written_sigregs.over_time_added, codes["lewm"]),
    ):
        regulariser = loss(equal, weight)
        ratios.append(float(regulariser / (loss(moved, weight) - regulariser)))
    assert ratios == pytest.approx([ratios[0]] * 4, rel=1e-3)
    own = OBJECTIVES["lejepa"].model_validate({"lambda": codes["worldprobe"]})
    regulariser, total = (float(terms([own], h[None], None, [0])["loss"]) for h in (equal, moved))
    assert regulariser / (total - regulariser) == pytest.approx(ratios[0], rel=1e-3)


def test_every_code_is_given_its_own_lambda_back() -> None:
    for code in CONVENTIONS:
        n, odds = code.samples(128, 2), 0.3
        found = equivalents(odds * n / code.alignment, 128, 2)[code.name]
        assert found == pytest.approx(odds / (1 + odds) if "(1 - l)" in code.form else odds)


@pytest.mark.parametrize(
    ("name", "kind", "message"),
    [
        ("other_arguments", InvalidValue, r"It takes predicted, target. Wrap it, as def loss\(h\)"),
        ("not_a_number", InvalidValue, "nan for embeddings"),
        ("whitened", InvalidValue, "Does it divide by the embeddings' spread"),
        ("a_vector", InvalidValue, "allowed is one number"),
        ("one_value", InvalidValue, "allowed is a number that depends on the embeddings"),
        ("without_gradient", InvalidValue, "a number without a gradient"),
        ("a_float_of_the_sum", InvalidValue, "a number without a gradient"),
        ("NOT_A_LOSS", InvalidValue, "It is of type int"),
        ("per_replca", UnknownName, "Did you mean 'per_replica'"),
    ],
)
def test_what_is_no_sigreg_is_refused_in_one_line(name: str, kind: type[WorldprobeError], message: str) -> None:
    with pytest.raises(kind, match=message) as caught:
        wp.check_sigreg(named(name))
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(torch.cuda.is_available(), reason="is about machines without CUDA")
def test_a_loss_that_asks_for_cuda_says_so() -> None:
    with pytest.raises(InvalidValue, match=r"CUDA.*device=h.device"):
        wp.check_sigreg(named("on_cuda"))
    with pytest.raises(InvalidValue, match="finds no CUDA device"):
        wp.check_sigreg(named("per_replica"), device="cuda")


@pytest.mark.slow_after(1)
@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((str(FILE),), "FILE.py:NAME"),
        (("nowhere.py:loss",), "of a file that exists"),
        ((named("per_replica"), "--against", "lejpa"), "Did you mean 'lejepa'"),
        ((named("per_replica"), "--ranks", "3"), "ranks = 3 is not possible"),
        ((named("per_replica"), "--lambda", "0"), "weight = 0.0 is not possible: allowed is a number above 0"),
        ((named("flattened_convex"), "--lambda", "1", "--ranks", "1"), "a number below 1, for (1 - l) inv + l reg"),
    ],
)
def test_the_command_refuses_in_one_line(arguments: tuple[str, ...], message: str) -> None:
    called = call("sigreg", *arguments)
    assert called.status == 2
    assert message in called.err
    assert called.err.count("\n") == 1


def test_a_file_that_fails_is_named_with_what_it_says(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("raise ValueError('no data here')")
    with pytest.raises(PluginFailed, match=r"broken\.py cannot be executed: ValueError: no data here"):
        wp.check_sigreg(f"{tmp_path}/broken.py:loss")


@pytest.mark.slow
def test_the_command_prints_json_and_a_table() -> None:
    called = call("sigreg", named("flattened_convex"), "--ranks", "1", "--json")
    found = json.loads(called.out)
    assert (called.status, found["passed"], found["views"]) == (0, True, "flattened")
    assert found["lambda"]["codes"]["worldprobe"] == pytest.approx(0.05, rel=1e-3)
    called = call("sigreg", named("per_view_convex"), "--ranks", "1", "--against", "worldprobe")
    assert called.status == 1
    assert "per view against flattened" in called.out


@pytest.mark.slow
def test_a_lambda_that_is_added_may_be_above_1() -> None:
    found = wp.check_sigreg(written_sigregs.over_time_added, ranks=1, weight=2.0)
    assert found.equivalent is not None
    assert found.equivalent.codes["lewm"] == pytest.approx(2.0, rel=1e-3)


@pytest.mark.usefixtures("forked_ranks")
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "mistakes", "note"),
    [
        ("directions_of_the_rank", ["directions differ between ranks"], None),
        ("averaged_in_place", [], "holds for NCCL; gloo also divides"),
        ("over_ranks_one_too_many", ["statistic is not the whole batch's"], None),
        ("directions_of_the_global_seed", [], "only if torch's global seed is the same"),
    ],
)
def test_what_differs_between_ranks_is_named(name: str, mistakes: list[str], note: str | None) -> None:
    found = wp.check_sigreg(named(name))
    assert [finding.name for finding in found.findings] == mistakes
    assert note is None or any(note in each for each in found.notes)


@pytest.mark.slow
def test_processes_that_cannot_meet_are_no_mistake_of_the_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("worldprobe.conformance.whole_batch.sys.executable", "/bin/false")
    found = wp.check_sigreg(named("per_view_over_ranks"))
    assert found.passed
    assert "could not be started here" in str(found.whole_batch.reason)


@pytest.mark.slow
def test_a_rank_that_fails_is_a_finding_with_its_message() -> None:
    found = wp.check_sigreg(named("deadlock"))
    assert [finding.name for finding in found.findings] == ["fails under two processes"]
    assert "rank 0 cannot" in found.findings[0].says


@pytest.mark.slow
def test_a_function_that_no_other_process_can_load_is_tested_in_one() -> None:
    found = wp.check_sigreg(lambda h: written_sigregs.statistic(h))
    assert found.passed
    assert "FILE.py:NAME" in str(found.whole_batch.reason)
