"""Lines, verdicts and the audit's JSON."""

import json

import numpy as np
import pytest

from audits.logs import clean, names
from worldprobe.audits import GATES, Audit, Gate, Limit, Verdict, audit_regime
from worldprobe.errors import InvalidValue
from worldprobe.explore import Pairs


@pytest.mark.parametrize(
    ("value", "noise", "verdict", "line"),
    [(0.5, 0.0, "pass", 1.0), (1.5, 0.0, "warn", 1.0), (2.5, 0.0, "fail", 2.0), (2.5, 1.0, "warn", 2.0)],
)
def test_noise_moves_the_lines_away_from_a_clean_value(value: float, noise: float, verdict: str, line: float) -> None:
    assert Limit("above", 1.0, 2.0).judge(value, noise) == (verdict, line)
    assert Limit("below", -1.0, -2.0).judge(-value, noise) == (verdict, -line)


def test_a_check_without_a_fail_line_only_warns() -> None:
    assert Limit("above", 1.0, None).judge(1e9) == (Verdict.WARN, 1.0)


def test_every_check_says_what_it_asks_why_and_how_its_lines_were_found() -> None:
    for name, check in GATES.items():
        assert check.name == name
        assert check.asks.endswith("?")
        assert check.because
        assert check.calibration
        if check.limit.fail is not None:
            assert (check.limit.fail >= check.limit.warn) == (check.limit.past == "above") or (
                check.limit.fail == check.limit.warn
            )


def gate(verdict: Verdict, value: float = 1.0) -> Gate:
    return Gate("isotropy", "yaw", verdict, value, 2.0, "Do something.", "Theorem 1", {"frame": np.zeros(3)})


def test_an_audit_is_as_bad_as_its_worst_gate() -> None:
    assert Audit([]).verdict is Verdict.PASS
    assert Audit([gate(Verdict.WARN), gate(Verdict.PASS)]).verdict is Verdict.WARN
    audit = Audit([gate(Verdict.WARN), gate(Verdict.FAIL), gate(Verdict.PASS)])
    assert audit.verdict is Verdict.FAIL
    assert (audit.exit_status, Audit([gate(Verdict.WARN)]).exit_status) == (1, 0)
    assert [found.verdict for found in audit.with_verdict(Verdict.WARN)] == [Verdict.WARN]


def test_json_has_exactly_the_promised_keys_and_no_nan() -> None:
    written = json.loads(json.dumps(Audit([gate(Verdict.FAIL, float("nan"))]).to_json(), allow_nan=False))
    assert written == {
        "verdict": "fail",
        "gates": [
            {
                "gate": "isotropy",
                "subject": "yaw",
                "verdict": "fail",
                "value": None,
                "threshold": 2.0,
                "advice": "Do something.",
            }
        ],
    }


def test_an_audit_of_a_regime_is_written_whole() -> None:
    gates = audit_regime(clean(2, 2000), names(2))
    written = json.loads(json.dumps(Audit(gates).to_json(), allow_nan=False))
    assert len(written["gates"]) == len(gates)


def test_the_same_log_gives_the_same_audit() -> None:
    first, again = (Audit(audit_regime(clean(2, 2000), names(2))).to_json() for _ in range(2))
    assert first == again


def test_a_log_in_other_units_is_audited_after_standardising() -> None:
    """Metres and degrees: only what depends on the units changes, and nothing does once they are taken out."""
    pairs = clean(2, 4000)
    moved = Pairs(pairs.controls * np.float32([100.0, 0.01]) + np.float32([5000.0, 1.0]), pairs.index)
    plain = audit_regime(pairs, names(2), standardise=True)
    other = audit_regime(moved, names(2), standardise=True)
    assert [gate.verdict for gate in plain] == [gate.verdict for gate in other]
    for a, b in zip(plain, other, strict=True):
        assert a.value == pytest.approx(b.value, rel=0.02, abs=0.01), a.gate


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda pairs: Pairs(pairs.controls, pairs.index[:10]), "64 or more"),
        (lambda pairs: Pairs(pairs.controls[:20], pairs.index), "frame numbers"),
        (lambda pairs: Pairs(np.where(pairs.controls > 2, np.nan, pairs.controls), pairs.index), "c0 = 'NaN"),
    ],
)
def test_a_log_that_cannot_be_audited_says_why(spoil, message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        audit_regime(spoil(clean(2, 1000)), names(2))
