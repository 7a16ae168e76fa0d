"""Gates that could not be computed: the others are kept, and the audit says that it is incomplete."""

from __future__ import annotations

from collections.abc import Callable

from worldprobe.audits.gate import Gate, check
from worldprobe.errors import InvalidValue

UNMADE = check(
    "unmade",
    "Could every gate be computed?",
    because="An audit is complete, or it says what is missing.",
    past="above",
    warn=0.0,
    fail=None,
    calibration="1 for a group of gates whose computation broke off. All other gates are kept; the exit status is 2.",
)


def kept(what: str, make: Callable[[], list[Gate]]) -> list[Gate]:
    """Return the gates that `make` returns; where it breaks off, the one gate that says so.

    Raises InvalidValue as `make` does: what is wrong with the input is the caller's to mend.
    """
    try:
        return make()
    except InvalidValue:
        raise
    except (ArithmeticError, LookupError, ValueError) as fault:
        advice = (
            f"The gates on {what} could not be computed ({type(fault).__name__}: {fault}). The others were. Please "
            "report it, with the recording if you can share it."
        )
        return [UNMADE.judge(what, 1.0, advice)]
