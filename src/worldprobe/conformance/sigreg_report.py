"""What was read off a SIGReg implementation: the facts, what is wrong, what differs from the public codes."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from worldprobe.conformance.draws import Directions
from worldprobe.conformance.quadratures import Quadrature
from worldprobe.conformance.statistic import Scaling
from worldprobe.conformance.views import Views
from worldprobe.conformance.weighting import Weighting
from worldprobe.conformance.whole_batch import WholeBatch

PER_REPLICA = "per-replica statistic"
WRONG_STATISTIC = "statistic is not the whole batch's"
SHRUNK_GRADIENT = "gradient off by 1/world_size"
WRONG_GRADIENT = "gradient is not the whole batch's"
FAILS_ON_RANKS = "fails under two processes"
RANKS_APART = "directions differ between ranks"
NOT_UNIT = "directions are not unit vectors"
WRONG_AXIS = "samples along the first axis"
NOT_DERIVATIVE = "gradient is not the derivative"
WRONG_DEVICE = "result on another device"
LAMBDA_FORM = "lambda form"
VIEWS = "per view against flattened"
FACTOR_N = "factor N"
QUADRATURE = "quadrature"
FACTOR = "constant factor"


@dataclass(frozen=True)
class Finding:
    """Something that is wrong, or that differs from another code: its name, what was found, a remedy."""

    name: str
    says: str
    mend: str


@dataclass(frozen=True)
class EquivalentLambda:
    """The implementation's lambda, and every code's that weighs the same, for batches of so many samples and views."""

    yours: float
    form: str
    samples: int
    views: int
    codes: dict[str, float]


@dataclass(frozen=True)
class SigRegReport:
    """The result of `worldprobe.check_sigreg`: `str()` gives a short text, `to_json()` everything."""

    of: str
    takes: str
    total_loss: bool
    scaling: Scaling
    quadrature: Quadrature
    factor: float | None
    """The statistic over LeJEPA's; None where it cannot be told from lambda."""
    views: Views
    weighting: Weighting | None
    directions: Directions
    device: str
    types: dict[str, str]
    gradient_error: float | None
    whole_batch: WholeBatch
    mistakes: tuple[Finding, ...]
    against: str | None
    differences: dict[str, tuple[Finding, ...]]
    """What differs from every public code, by its name."""
    equivalent: EquivalentLambda | None
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong, and nothing differs from the code that it was compared with."""
        return not self.findings

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What is wrong, then what differs from the code that it was compared with."""
        return (*self.mistakes, *(self.differences[self.against] if self.against else ()))

    @property
    def agrees_with(self) -> tuple[str, ...]:
        """The public codes from which nothing differs."""
        return tuple(name for name, found in self.differences.items() if not found)

    def to_json(self) -> dict[str, Any]:
        """Return everything as plain data."""
        return {
            "of": self.of,
            "passed": self.passed,
            "findings": [asdict(finding) for finding in self.findings],
            "notes": list(self.notes),
            "takes": self.takes,
            "total_loss": self.total_loss,
            "scaling": {"times_n": self.scaling.times_n, **asdict(self.scaling)},
            "quadrature": {"fits": self.quadrature.fits, **asdict(self.quadrature)} | {"factor": self.factor},
            "views": self.views,
            "weighting": None if self.weighting is None else asdict(self.weighting),
            "directions": asdict(self.directions),
            "device": self.device,
            "types": self.types,
            "gradient_error": self.gradient_error,
            "two_processes": asdict(self.whole_batch),
            "against": self.against,
            "agrees_with": list(self.agrees_with),
            "differences": {code: [asdict(each) for each in found] for code, found in self.differences.items()},
            "lambda": None if self.equivalent is None else asdict(self.equivalent),
        }

    def facts(self) -> dict[str, str]:
        """Return what was read off, in words, by what it answers."""
        fit, two = self.quadrature, self.whole_batch
        shape = f"{fit.knots} knots, t_max {fit.t_max:.3g}, {fit.rule}; residual {fit.residual:.1e}"
        facts = {
            "embeddings": self.takes,
            "returns": "SIGReg and alignment" if self.total_loss else "SIGReg alone",
            "statistic": str(self.scaling),
            "quadrature": shape if fit.fits else f"none of the family; nearest {shape}",
            "factor to LeJEPA's": "unknown" if self.factor is None else f"{self.factor:.4g}",
            "views": self.views,
            "directions": str(self.directions),
            "device": self.device,
            "types": "; ".join(f"{name}: {said}" for name, said in self.types.items()),
        }
        if self.weighting is not None:
            facts["lambda"] = self.weighting.form or "no argument lambda, or of an unknown form"
            unit = "unknown" if self.weighting.alignment is None else f"{self.weighting.alignment:.4g}"
            facts["alignment"] = f"{unit} of LeJEPA's" + (
                ", summed over dimensions" if self.weighting.summed_over_dimensions else ""
            )
        if two.reason is not None:
            facts["two processes"] = f"not tested: {two.reason}" if not two.failed else two.reason
        else:
            ratio = f"gradient {two.gradient_ratio:.3f} of the whole batch's"
            facts["two processes"] = f"statistic: {two.statistic or 'neither the whole batch’s nor a rank’s'}; {ratio}"
        return facts

    def __str__(self) -> str:
        rows = [f"{name}: {said}" for name, said in self.facts().items()]
        found = [f"{finding.name}: {finding.says} {finding.mend}" for finding in self.findings]
        agrees = f"Computes what these do: {', '.join(self.agrees_with) or 'none of the public codes'}."
        return "\n".join([f"SIGReg of {self.of}", *rows, agrees, *(found or ["Nothing is wrong."]), *self.notes])
