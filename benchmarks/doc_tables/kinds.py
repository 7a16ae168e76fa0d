"""Every kind of table by the name that a marker gives it."""

from __future__ import annotations

from collections.abc import Callable

from doc_tables import (
    actions,
    callback_cost,
    cameras,
    code,
    foreign_encoders,
    gate_power,
    installation,
    planned,
    predictions,
    public_codes,
    public_names,
    reproduction,
    settings,
    widths,
)

KINDS: dict[str, Callable[..., str]] = {
    "recovery": cameras.recovery,
    "pictured": cameras.pictured,
    "against-thresholds": cameras.against_thresholds,
    "companions": cameras.companions,
    "two-runs": cameras.two_runs,
    "path-traced": cameras.path_traced,
    "speed": cameras.speed,
    "stacked": cameras.stacked,
    "reproduction": reproduction.reproduction,
    "planned": planned.planned,
    "predicted": predictions.predicted,
    "shape": predictions.shape,
    "slow-and-fast": predictions.slow_and_fast,
    "seconds": predictions.seconds,
    "gates": code.gates,
    "gate-power": gate_power.power,
    "false-alarms": gate_power.false_alarms,
    "callback-cost": callback_cost.callback_cost,
    "public-codes": public_codes.public_codes,
    "widths": widths.widths,
    "foreign-encoders": foreign_encoders.foreign_encoders,
    "controlled": actions.policies_of_worlds,
    "excitation": actions.excitation,
    "rollouts": actions.rollouts,
    "spectrum": actions.spectrum,
    "action-gates": actions.gates,
    "action-targets": actions.targets,
    "install": installation.install,
    "api": public_names.api,
    "study-keys": settings.study_keys,
    "settings": settings.settings,
    "metrics": settings.metrics,
}
