"""The results of a study: what `results.json` holds, and the small arrays that stand beside it.

A results folder:
    study.yaml               the resolved study, versions, seeds
    results.json             `Results`
    report.html
    hero.png                 a Cycles still of the world, where it has one
    explorations/ID.png      a contact sheet of what the regime saw
    explorations/ID.npz      `z` (frames, n): controls that the regime visited, at most 4,000 of them
    registration.json        `Registration`, where the study was run under a protocol
    audit.json, audit/       the study's audit, where one was made (`worldprobe.audits.audit_folder`)
    runs/RUN/run.json        one `Run`
    runs/RUN/arrays.npz      `truth`, `recovered` (points, n): canonical test controls and the probe's reading of them;
                             `step` and one array per curve in `Training.curves`; of a study that plans
                             `plan_lines_WAYPOINTS`, `plan_oracle` and `plan_TRANSITION` (pairs, points, n): paths in
                             true controls
    runs/RUN/plan.png        a film of one task: the oracle's path above, the planned one below
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from worldprobe.study.hypotheses import Hypothesis


class Record(BaseModel):
    """A part of the results: no unknown keys, and no NaN or infinity ever."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Interval(Record):
    """A mean with its 95 % confidence interval."""

    mean: float
    ci95: tuple[float, float]


class Bound(Record):
    """Theorem 3's bound on the Procrustes error, min_Q E||h - Qz||^2, with its ingredients (arXiv 2605.26379)."""

    applies: bool
    reason: str
    delta: float | None = None
    epsilon: float | None = None
    value: float | None = None
    error: float | None = None
    """The Procrustes error that the bound bounds, on the same data, with Cov(h) left as it is."""


class Turning(Record):
    """Linear R^2 of what a picture shows of an angle that turns all the way round: see `recovery.turning`."""

    sine: float
    cosine: float
    within: float
    """Of the angle within half a turn of its centre: all that a picture can tell."""


class Recovery(Record):
    """How linear the embedding is in the controls, on the canonical test set."""

    r2: float
    r2_per_control: dict[str, float]
    r2_ci95: tuple[float, float]
    """Bootstrap over test points, for this run alone."""
    r2_per_control_ci95: dict[str, tuple[float, float]]
    r2_controls_to_embedding: float
    r2_own_probe: float | None
    """As r2, with the probe fitted on held-out frames of the regime itself; None without a regime."""
    r2_in_regime: dict[str, float | None] | None
    """R^2 per control with the probe both fitted and scored on held-out frames of the regime, disjoint halves: what the
    predictor's ceiling is a ceiling of. None for a control that never moves, and without a regime."""
    orthogonality: float | None
    procrustes: float | None
    """None for raw pixels, which are no embedding."""
    bound: Bound
    turning: dict[str, Turning] = {}
    """By control, of those that are angles of what turns all the way round."""


class Training(Record):
    """How the training went."""

    steps: int
    parameters: int
    frames_per_second: float
    final: dict[str, float]
    """Last value of every curve: loss, alignment, regulariser, heldout_alignment ..."""
    curves: list[str]
    """Names of the curves in arrays.npz, each beside `step`."""
    alignment_optimum: float | None
    """E|h - h'|^2 / n of a linear encoder at this regime's pair correlations: mean of 2 (1 - rho_i)."""
    memorising: bool
    """Training alignment fell below its optimum while held-out pairs did not follow."""
    warnings: list[str]


class Predicted(Record):
    """The linear R^2 that the ideal encoder of an objective reaches within a regime, predicted from controls alone.

    Where `refused` says why there is no prediction, the numbers are None.
    """

    refused: str | None
    r2: float | None
    r2_per_control: dict[str, float] | None
    ci95: tuple[float, float] | None
    proven: bool
    """Whether any optimum must have this R^2, or it is that of the best map found."""
    r2_on_test: float | None
    """Of the same encoder on the study's test points, and the share of these beyond what the regime has shown."""
    outside: float | None
    r2_on_test_per_control: dict[str, float] | None = None
    alignment: float | None = None
    """E|h - h'|^2 per dimension of the best aligned map that the predictor found; None under whitening."""
    candidates: list[dict[str, float]] = []
    """Where maps that are aligned equally well are read differently, so that it is chance which one is found: their R^2
    per control on the test points."""


class Exploration(Record):
    """What a regime visited: measured marginals and pair correlations, and the exact ones where they are known."""

    id: str
    regime: str
    label: str
    axes: dict[str, float | int | str]
    settings: dict[str, Any]
    frames: int
    pairs: int
    mean: dict[str, float]
    sd: dict[str, float]
    excess_kurtosis: dict[str, float | None]
    pair_correlation: dict[str, float | None]
    """None where a control never moves."""
    exact_pair_correlation: dict[str, float | None] | None
    exact_marginal: str | None
    predicted: dict[str, Predicted]
    """By ceiling: "sigreg" and "whitening"."""


ORACLE = "oracle"
"""The planner that knows the true controls, among `Planned.reached`."""


class Reached(Record):
    """How goals given as pictures were reached: see `planning.judge`."""

    success: float
    cost: float | None
    """Mean length of the successful paths over the true straight line; None where none was."""
    median_gap: float
    """Of the control that ends farthest from its goal, in standard deviations."""
    transition_r2: float | None
    """How well the transition predicts what an action does to the embedding; None for the oracle, who needs none."""


class StraightLineCosts(Record):
    """Straight lines in an embedding, decoded: lengths in true controls over that of the straight line, over pairs."""

    cost: Interval
    """The mean over pairs, Student's t."""
    sd: float
    cost_of_controls: float
    """The same with the true controls for an embedding: what the library's grain costs whoever knows everything."""


class Planned(Record):
    """What planning with an encoder came to."""

    pairs: int
    tolerance: float
    lines: dict[int, StraightLineCosts]
    """By the number of points at which a line is decoded, the study's first one first."""
    reached: dict[str, Reached]
    """By transition, and of the oracle."""

    @property
    def kind(self) -> str:
        """The last transition that was tried: the one whose success is told where there is room for one."""
        return [name for name in self.reached if name != ORACLE][-1]

    @property
    def success(self) -> float:
        """The share of goals reached with that transition."""
        return self.reached[self.kind].success

    @property
    def first_lines(self) -> tuple[int, StraightLineCosts]:
        """The number of points that the study names first, and what lines cost there."""
        return next(iter(self.lines.items()))


class Seconds(Record):
    """Wall-clock seconds of a run's parts."""

    render: float
    train: float
    measure: float


class Run(Record):
    """One (regime, objective, seed) cell of a study; a control run (floor or ceiling) has a `role` that says so."""

    id: str
    world: str
    regime: str
    objective: str
    seed: int
    role: str
    """measured | ceiling (supervised) | floor (untrained encoder) | pixels (linear regression on raw pixels)"""
    axes: dict[str, float | int | str]
    d: int
    recovery: Recovery
    training: Training | None
    seconds: Seconds
    planning: Planned | None = None


class Summary(Record):
    """The runs of one (regime, objective, role, axes) over seeds, and one plain sentence on them."""

    world: str
    regime: str
    objective: str
    role: str
    axes: dict[str, float | int | str]
    seeds: int
    interval: str
    """What the intervals are over: "seeds" (Student t) or "test points" (bootstrap, one seed)."""
    r2: Interval
    r2_per_control: dict[str, Interval]
    verdict: str


class Parts(Record):
    """What is missing of a control, 1 - R^2, and where it went; the parts sum to it (docs/decomposition.md)."""

    missing: float
    regime: float | None
    """What the ideal encoder of this exploration lacks, too; None where the prediction was refused."""
    scene: float | None
    """What an encoder that is told the controls lacks, too; None without the supervised reference."""
    chance: float | None = None
    """What depends on which of several equally aligned maps is found; None where those are not known."""
    data: float | None
    optimisation: float | None
    """None where the prediction was refused, or no optimum of alignment is known."""
    rest: float
    """What no part explains; what could not be told apart where the prediction was refused."""


class Decomposed(Record):
    """Where a measured run lost R^2, control by control."""

    run: str
    refused: str | None
    """Why there is no prediction of what the regime allows."""
    controls: dict[str, Parts]


class Review(Record):
    """One reviewer's sign-off on a protocol."""

    name: str
    role: str
    verdict: Literal["approve", "reject", "comment"]
    notes: str
    signed: str
    """When, as the reviewer's machine had it (ISO 8601, UTC)."""
    audit: str | None
    """The SHA-256 of the audit that the reviewer had before them; None where none had been made."""


class Registration(Record):
    """The protocol that a study was run under: fixed before any run, or what deviated from it and why."""

    hash: str
    planned: str
    hypotheses: list[Hypothesis]
    """As they were planned, whatever the study says now."""
    audit: str | None
    """The verdict of the protocol's audit; None where none was made."""
    reviews: list[Review]
    unsigned: str | None
    """What the sign-offs lacked, where the study was run all the same."""
    deviations: list[str]
    """Every key that differs from what was planned, with both values."""
    why: str | None


class HypothesisOutcome(Record):
    """What became of a hypothesis: its estimate, held against a threshold that was there before."""

    hypothesis: str
    verdict: Literal["confirmed", "refuted", "inconclusive"]
    estimate: Interval | None
    threshold: float
    reason: str


class Results(Record):
    """All that a study measured; of a sweep over worlds, `controls` are those of the study's own."""

    study: dict[str, Any]
    command: str
    machine: dict[str, Any]
    versions: dict[str, str]
    controls: list[dict[str, Any]]
    """name, unit, scale, limit (null = none), meaning of each control of the world, in order."""
    explorations: list[Exploration]
    runs: list[Run]
    summary: list[Summary]
    seconds_total: float
    """Of a study that was stopped before its end: of what was kept of it, and of what came after."""
    peak_memory_bytes: int
    decomposition: list[Decomposed] = []
    """Of every measured run of at most eight controls that was trained."""
    registration: Registration | None = None
    outcomes: list[HypothesisOutcome] = []
    """One for each hypothesis: the registration's, or else the study's own."""
