"""What is wrong with a SIGReg, and what differs from a public code: each by its name, with a remedy."""

from __future__ import annotations

from worldprobe.conformance import sigreg_report as names
from worldprobe.conformance.conventions import Convention
from worldprobe.conformance.draws import Directions
from worldprobe.conformance.quadratures import Quadrature
from worldprobe.conformance.sigreg_report import Finding
from worldprobe.conformance.statistic import Scaling
from worldprobe.conformance.views import Views
from worldprobe.conformance.weighting import CONVEX, Weighting
from worldprobe.conformance.whole_batch import RANKS, WholeBatch

GRADIENT = 0.02
"""Relative error of a gradient above which it is wrong."""
PRODUCT = "use torch.distributed.nn.functional.all_reduce, and use what it returns"


def in_one_process(
    directions: Directions, seen: Views, takes_rows: bool, gradient_error: float | None, device: str, asked: str
) -> list[Finding]:
    """Return what is wrong without any distribution."""
    found = []
    if not directions.unit:
        says = "Embeddings of one dimension have another value at every call."
        found.append(Finding(names.NOT_UNIT, says, "Divide every direction by its norm."))
    if seen == "samples along the first axis" and not takes_rows:
        says = "Of (views, N, d), it compares the views of every sample with N(0, 1), not the samples."
        found.append(Finding(names.WRONG_AXIS, says, "Take the mean of cosines and sines over the axis of length N."))
    if gradient_error is not None and gradient_error > GRADIENT:
        says = f"It differs from the derivative of the loss's own value by {100 * gradient_error:.0f} %."
        found.append(Finding(names.NOT_DERIVATIVE, says, "Is part of the statistic detached, or under torch.no_grad?"))
    if device != asked:
        says = f"Embeddings on {asked} give a loss on {device}."
        found.append(Finding(names.WRONG_DEVICE, says, "Make buffers and directions on the embeddings' device."))
    return found


def in_two_processes(two: WholeBatch) -> list[Finding]:
    """Return what is wrong where two processes have half of a batch each."""
    if two.reason is not None:
        mend = "Give both ranks the same collectives in the same order."
        return [Finding(names.FAILS_ON_RANKS, f"{two.reason[0].upper()}{two.reason[1:]}.", mend)] if two.failed else []
    found = []
    assert two.gradient_ratio is not None
    assert two.gradient_error is not None
    if two.statistic is None:
        says = f"{RANKS} processes have neither the whole batch's statistic nor that of their own samples."
        found.append(Finding(names.WRONG_STATISTIC, says, f"Sum cosines, sines and N over ranks: {PRODUCT}."))
    elif "own" in two.statistic:
        says = f"Each of {RANKS} processes has the statistic of its own samples"
        times = ", times the number of processes" if two.statistic == "each rank's own, times the ranks" else ""
        mend = f"Sum cosines and sines over ranks before they are squared: {PRODUCT}."
        found.append(Finding(names.PER_REPLICA, f"{says}{times}, not the whole batch's.", mend))
    elif two.gradient_error < GRADIENT and abs(two.gradient_ratio * RANKS - 1) < GRADIENT:
        says = f"After DDP's averaging over {RANKS} processes it is {two.gradient_ratio:.3f} of the whole batch's."
        mend = f"The all-reduce is not differentiable, or N is the rank's own: {PRODUCT}, and count all ranks' samples."
        found.append(Finding(names.SHRUNK_GRADIENT, says, mend))
    elif two.gradient_error > GRADIENT or abs(two.gradient_ratio - 1) > GRADIENT:
        says = f"After DDP's averaging it is {two.gradient_ratio:.3f} of it, and the rest {two.gradient_error:.0%}."
        found.append(Finding(names.WRONG_GRADIENT, says, f"Let gradients flow through the sum over ranks: {PRODUCT}."))
    if two.directions_alike_with_one_seed is False:
        says = "Ranks project on different directions, although their global seeds are the same."
        found.append(Finding(names.RANKS_APART, says, "Broadcast directions from rank 0, or seed them by the step."))
    return found


def cautions(
    two: WholeBatch, rule: Quadrature, seen: Views, off: list[str], form_is_known: bool, form: str
) -> list[str]:
    """Return what need not be a mistake and should be known all the same."""
    found = []
    if not rule.fits:
        found.append("No quadrature of the family fits: does it standardise embeddings, or have another target?")
    if seen == "samples along the first axis":
        found.append("It is for embeddings (N, d); of (views, N, d) it takes views for samples. Flatten them first.")
    if two.directions_alike is False and two.directions_alike_with_one_seed:
        found.append("Ranks project on the same directions only if torch's global seed is the same on all of them.")
    if two.averages_in_place:
        found.append(
            "It calls torch.distributed.all_reduce with AVG on a tensor that has a gradient. What is said of its "
            f"gradient holds for NCCL; gloo also divides the gradient by the number of processes. Better {PRODUCT}."
        )
    if off:
        found.append(f"In {' and '.join(off)} the value differs from float32's: convert embeddings with h.float().")
    if not form_is_known:
        found.append(f"How lambda weighs it was not seen: the table of lambdas takes your loss to be {form}.")
    return found


def against(
    code: Convention,
    quadrature: Quadrature,
    factor: float | None,
    scaling: Scaling,
    seen: Views,
    weights: Weighting | None,
) -> tuple[Finding, ...]:
    """Return what differs from a public code."""
    found = []
    if weights is not None and weights.form is not None and weights.form != code.form:
        says = f"The loss is {weights.form}, that of {code.name} is {code.form}."
        at = "l / (1 - l)" if code.form == CONVEX else "l / (1 + l)"
        found.append(Finding(names.LAMBDA_FORM, says, f"Use {code.form}, or convert: their l is {at} here, up to N."))
    if seen in ("flattened", "per view") and seen != code.views:
        says = f"Views are {_handled(seen)}; {code.name} has them {_handled(code.views)}."
        mend = "Call it on h.flatten(0, 1)." if code.views == "flattened" else "Average over views last."
        found.append(Finding(names.VIEWS, says, f"{mend} Flattened, N counts all views."))
    if scaling.times_n is not True:
        says = f"The statistic is {scaling}."
        found.append(Finding(names.FACTOR_N, says, "Multiply the mean over directions by the number of samples."))
    if not quadrature.fits or (quadrature.knots, round(quadrature.t_max, 2)) != (code.knots, code.t_max):
        says = f"Nearest is {quadrature.rule}: {quadrature.knots} knots, t_max {quadrature.t_max:.3g}."
        mend = f"{code.name} has the trapezoid rule with {code.knots} knots on [0, {code.t_max:g}], doubled."
        found.append(Finding(names.QUADRATURE, says, mend))
    elif factor is not None and abs(factor - 1) > 0.01:
        says = f"The statistic is {factor:.4g} times that of {code.name}."
        mend = "1/2: the half range is not doubled. Large: a sum over directions instead of a mean."
        found.append(Finding(names.FACTOR, says, mend))
    return tuple(found)


def _handled(seen: Views) -> str:
    return "flattened into one sample" if seen == "flattened" else "compared one by one"
