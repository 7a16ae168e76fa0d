"""`worldprobe.check_sigreg`: what a SIGReg implementation computes, found by evaluating it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from worldprobe.conformance import mistakes
from worldprobe.conformance.conventions import CONVENTIONS, convention, equivalents, odds
from worldprobe.conformance.draws import device as device_of
from worldprobe.conformance.draws import directions, off, types
from worldprobe.conformance.implementation import Implementation, open_implementation
from worldprobe.conformance.quadratures import Quadrature
from worldprobe.conformance.sigreg_report import EquivalentLambda, SigRegReport
from worldprobe.conformance.statistic import (
    ROWS,
    AcceptedShapes,
    Scaling,
    check_responds,
    gradient_error,
    quadrature,
    scaling,
    shapes,
)
from worldprobe.conformance.views import Views, views
from worldprobe.conformance.weighting import ADDED, CONVEX, Weighting, fixed_weighting, weighting
from worldprobe.conformance.whole_batch import WholeBatch, whole_batch
from worldprobe.errors import InvalidValue

SECONDS = 180.0
USUAL_WEIGHT = 0.05


def check_sigreg(
    loss: str | Callable[..., Any],
    *,
    against: str | None = None,
    ranks: int = 2,
    weight: float | None = None,
    samples: int = 256,
    view_count: int = 2,
    device: str = "cpu",
) -> SigRegReport:
    """Read off what a SIGReg implementation computes, and name what is wrong with it.

    `loss` maps embeddings (N, d) or (views, N, d) to one number: SIGReg alone, or a total loss with alignment, whose
    second argument may be lambda. It is a callable, or "FILE.py:NAME", whose file is executed, in this process and in
    the two that `ranks` = 2 starts (1 starts none). `against` names a public code whose conventions it should have.
    `weight`, `samples` in every view and `view_count` are those of your training, for the table of equivalent lambdas.

    Raises InvalidValue for a loss that takes other arguments, returns no finite scalar or needs CUDA.
    """
    chosen = None if against is None else convention(against).name
    _check(ranks, weight, samples, view_count)
    opened = open_implementation(loss, device)
    takes = shapes(opened)
    check_responds(opened, takes)
    grows, rule = scaling(opened, takes), quadrature(opened, takes)
    seen, weights, drawn = views(opened, takes, grows), weighting(opened, takes), directions(opened, takes)
    if weights is not None and opened.weight is None:
        weights = fixed_weighting(weights, _per_sample(takes, rule, grows, seen))
    error, where = gradient_error(opened, takes, rule), device_of(opened, takes)
    factor = _factor(opened, takes, rule, grows, seen, weights)
    two = WholeBatch(reason="left out, as asked")
    if ranks > 1 and device == "cpu":
        two = whole_batch(opened, loss, takes, SECONDS)
    elif ranks > 1:
        two = WholeBatch(reason="gloo processes are for --device cpu")
    wrong = [*mistakes.in_one_process(drawn, seen, takes.rows, error, where, device), *mistakes.in_two_processes(two)]
    differences = {code.name: mistakes.against(code, rule, factor, grows, seen, weights) for code in CONVENTIONS}
    kinds = types(opened, takes)
    known = bool(weights and weights.form)
    form = (weights and weights.form) or (convention(chosen).form if chosen else CONVEX)
    return SigRegReport(
        of=opened.source,
        takes=str(takes),
        total_loss=takes.alignment,
        scaling=grows,
        quadrature=rule,
        factor=factor,
        views=seen,
        weighting=weights,
        directions=drawn,
        device=where,
        types=kinds,
        gradient_error=error,
        whole_batch=two,
        mistakes=tuple(wrong),
        against=chosen,
        differences=differences,
        equivalent=_equivalent(opened, factor, grows, seen, weights, form, weight, samples, view_count),
        notes=tuple(mistakes.cautions(two, rule, seen, off(kinds), known, form)),
    )


def _check(ranks: int, weight: float | None, samples: int, view_count: int) -> None:
    if ranks not in (1, 2):
        raise InvalidValue("ranks", ranks, "1 or 2")
    if weight is not None and not 0 < weight < float("inf"):
        raise InvalidValue("weight", weight, "a number above 0")
    if samples < 1 or view_count < 1:
        raise InvalidValue("samples and view_count", (samples, view_count), "1 or more of each")


def _factor(
    loss: Implementation,
    takes: AcceptedShapes,
    rule: Quadrature,
    grows: Scaling,
    seen: Views,
    weights: Weighting | None,
) -> float | None:
    """Return the statistic over LeJEPA's with the same views; None where lambda's form or the power of N is unknown."""
    if grows.times_n is None:
        return None
    share: float | None = 1.0
    if weights is not None:
        own = loss.typical_weight if weights.fixed is None else weights.fixed
        share = own if weights.form in (CONVEX, ADDED) else None
    elif loss.weight is not None:
        share = loss.typical_weight
    if share is None:
        return None
    return _per_sample(takes, rule, grows, seen) / share


def _per_sample(takes: AcceptedShapes, rule: Quadrature, grows: Scaling, seen: Views) -> float:
    """Return the factor of the quadrature over the N that the statistic has."""
    return rule.factor / (ROWS * (takes.copies if seen == "flattened" else 1) if grows.times_n else 1)


def _equivalent(
    loss: Implementation,
    factor: float | None,
    grows: Scaling,
    seen: Views,
    weights: Weighting | None,
    form: str,
    weight: float | None,
    samples: int,
    view_count: int,
) -> EquivalentLambda | None:
    """Return the lambdas that weigh SIGReg against alignment alike; None where the loss's own weights are unknown."""
    if factor is None or form not in (CONVEX, ADDED) or grows.times_n is None:
        return None
    own = (weights and weights.fixed) or weight or loss.default_weight or USUAL_WEIGHT
    if form == CONVEX and own >= 1:
        raise InvalidValue("weight", own, f"a number below 1, for {form}")
    alignment = 1.0 if weights is None or weights.alignment is None else weights.alignment
    counted = (samples * view_count if seen == "flattened" else samples) if grows.times_n else 1
    ratio = odds(own, form) * factor * counted / alignment
    return EquivalentLambda(own, form, samples, view_count, equivalents(ratio, samples, view_count))
