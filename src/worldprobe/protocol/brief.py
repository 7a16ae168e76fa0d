"""A brief for reviewers: everything that an outsider needs to criticise an experiment before it is run."""

from __future__ import annotations

import numpy as np

from worldprobe.audits import Audit, Verdict
from worldprobe.explore.visit_statistics import measure
from worldprobe.protocol.protocol_markdown import (
    hypotheses_in_words,
    learning_in_words,
    metrics_in_words,
    regimes_in_words,
    table,
    world_in_words,
)
from worldprobe.study import Study
from worldprobe.study.exploration_pairs import explored_pairs

QUESTIONS = (
    "Could a hypothesis be confirmed for a reason that has nothing to do with what it claims?",
    "Is any threshold so low that it cannot fail, or chosen after its result was known?",
    "Does the comparison favour one regime: in frames, in distinct states, in similarity to the test set?",
    "Does a gate that fails or warns explain the expected result by itself?",
    "Which result would change your mind, and is it among the hypotheses?",
)


def brief(study: Study, audit: Audit) -> str:
    """Return the brief in Markdown: the experiment, its gates, its known weaknesses, and what to ask."""
    study.known_world("a brief")
    parts = [
        f"# Brief for reviewers: {study.title}",
        "Nothing has been trained yet. Look for anything that would make the result worthless.",
        f"**Question.** {' '.join(study.question.split())}",
        "An encoder is trained on pairs of observations, without the controls. Then a linear regression predicts the "
        "controls from its embedding, on observations of independent N(0, 1) controls that were not trained on.",
        f"## Hypotheses and thresholds\n\n{hypotheses_in_words(study)}",
        f"## Metrics\n\n{metrics_in_words()}",
        f"## World and controls\n\n{world_in_words(study)}",
        f"## Regimes\n\n{regimes_in_words(study)}\n\n{_measured(study)}",
        f"## Objective, encoder, budget\n\n{learning_in_words(study)}",
        f"## Gates\n\n{_gates(audit)}",
        "## Known weaknesses\n\n" + "\n".join(f"- {weakness}" for weakness in weaknesses(study, audit)),
        "## What to ask\n\n" + "\n".join(f"{number}. {asked}" for number, asked in enumerate(QUESTIONS, 1)),
        "## Your verdict\n\napprove, reject or comment, with notes: "
        '`worldprobe sign DIR --name "..." --role "..." --verdict ... --notes "..."`',
    ]
    return "\n\n".join(parts) + "\n"


def weaknesses(study: Study, audit: Audit) -> list[str]:
    """Return the weaknesses of a study: those of its design, then what its gates found."""
    found = [
        "The test set is N(0, I): a regime that draws from N(0, I) is scored where it trained; others extrapolate.",
        "Equal numbers of frames are not equal information: correlated frames count as fewer independent draws "
        "(gate effective-samples).",
        "All regimes share one encoder, one learning rate and one budget, which were tuned for none of them.",
        "R² is that of a linear probe: information that is present but not linearly decodable counts as missing.",
    ]
    if len(study.seeds) == 1:
        found.append("One seed: intervals are over test points only, without the variation between training runs.")
    ceiling = study.references.supervised_on
    found.append(
        "No supervised ceiling: what the scene hides cannot be separated from what training missed."
        if ceiling is None
        else f"The supervised ceiling is trained on {ceiling} only, with the same frames and steps: it is a lower "
        "bound on what the observations reveal."
    )
    if not study.hypotheses:
        found.append("There is no hypothesis: any result could be presented as a success.")
    if study.axes:
        found.append("The gates check the study's own settings, not every point of its axes.")
    bad = [*audit.with_verdict(Verdict.FAIL), *audit.with_verdict(Verdict.WARN)]
    return found + [f"Gate {gate.gate} ({gate.verdict}), {gate.subject}: {gate.advice}" for gate in bad]


def _measured(study: Study) -> str:
    """Return the statistics of what each regime visits with the first seed, from its controls alone."""
    names = [spec.name for spec in study.controls]
    rows = []
    for label in study.labels:
        source = study.source(label)
        found = measure(explored_pairs(source, study.frames, study.seeds[0]))
        exact = source.exact_correlation()
        for i, name in enumerate(names):
            known = "unknown" if exact is None else _number(exact[i])
            numbers = (found.mean[i], found.sd[i], found.excess_kurtosis[i], found.pair_correlation[i])
            rows.append((label, name, *map(_number, numbers), known))
    heads = ("regime", "control", "mean", "sd", "excess kurtosis", "pair correlation", "exact pair correlation")
    return f"Measured on the first seed's controls (standard units):\n\n{table(heads, rows)}"


def _gates(audit: Audit) -> str:
    rows = [
        (gate.gate, gate.subject, gate.verdict.value, _number(gate.value), _number(gate.threshold), gate.because)
        for gate in audit.gates
    ]
    heads = ("gate", "subject", "verdict", "value", "threshold", "because")
    return f"Verdict: **{audit.verdict}**.\n\n{table(heads, rows)}"


def _number(value: float) -> str:
    return "none" if not np.isfinite(value) else f"{value:.3g}"
