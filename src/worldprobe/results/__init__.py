"""Results: records of what was measured, how they are read and summarised; nothing here imports above `errors`."""

from worldprobe.results.against_ideal import AgainstIdeal
from worldprobe.results.audited_part import AuditedPart
from worldprobe.results.comparison import ComparedSeries, Comparison, compare
from worldprobe.results.control_record import ControlRecord
from worldprobe.results.episode_verdict import EpisodeVerdict
from worldprobe.results.execution_record import ExecutionRecord
from worldprobe.results.explored import STILL, Exploration
from worldprobe.results.hypothesis import DECISION, METRICS, Hypothesis, HypothesisOutcome, Metric, Side
from worldprobe.results.interval import Interval
from worldprobe.results.learned_transition import (
    OTHER,
    OWN,
    RECORDED,
    ActionDirection,
    RolloutErrors,
    TransitionRecovery,
)
from worldprobe.results.log_answer import LimitingCause, LogAnswer, StrideAdvice
from worldprobe.results.missing_r2 import Decomposition, MissingParts
from worldprobe.results.planned import JOINT, ORACLE, CostAgreement, FailureSplit, Planned, Reached, StraightLineCosts
from worldprobe.results.predicted import CEILING_OF, Prediction, TriedMap
from worldprobe.results.published_values import Published, PublishedValue
from worldprobe.results.record import Label, Record, same_label
from worldprobe.results.record_files import FORMAT, Kind, read_record, versioned
from worldprobe.results.recovered import PARTLY, RECOVERED, Bound, Cyclic, Recovery
from worldprobe.results.review import Registration, Review
from worldprobe.results.runs import Run, Seconds
from worldprobe.results.saved_audit import AUDITED, SavedAudit, SavedGate, Verdict, audited_settings, load_audit
from worldprobe.results.study_results import Results
from worldprobe.results.style_record import StyleRecord
from worldprobe.results.summary import Summary, exploration_of, shown_by_frames, summarise
from worldprobe.results.trained import Training

__all__ = [
    "AUDITED",
    "CEILING_OF",
    "DECISION",
    "FORMAT",
    "JOINT",
    "METRICS",
    "ORACLE",
    "OTHER",
    "OWN",
    "PARTLY",
    "RECORDED",
    "RECOVERED",
    "STILL",
    "ActionDirection",
    "AgainstIdeal",
    "AuditedPart",
    "Bound",
    "ComparedSeries",
    "Comparison",
    "ControlRecord",
    "CostAgreement",
    "Cyclic",
    "Decomposition",
    "EpisodeVerdict",
    "ExecutionRecord",
    "Exploration",
    "FailureSplit",
    "Hypothesis",
    "HypothesisOutcome",
    "Interval",
    "Kind",
    "Label",
    "LimitingCause",
    "LogAnswer",
    "Metric",
    "MissingParts",
    "Planned",
    "Prediction",
    "Published",
    "PublishedValue",
    "Reached",
    "Record",
    "Recovery",
    "Registration",
    "Results",
    "Review",
    "RolloutErrors",
    "Run",
    "SavedAudit",
    "SavedGate",
    "Seconds",
    "Side",
    "StraightLineCosts",
    "StrideAdvice",
    "StyleRecord",
    "Summary",
    "Training",
    "TransitionRecovery",
    "TriedMap",
    "Verdict",
    "audited_settings",
    "compare",
    "exploration_of",
    "load_audit",
    "read_record",
    "same_label",
    "shown_by_frames",
    "summarise",
    "versioned",
]
