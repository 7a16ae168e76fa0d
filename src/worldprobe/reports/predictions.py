"""What was predicted for the ideal encoder of a series, from controls alone."""

from __future__ import annotations

from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.results import CEILING_OF, Prediction


def predicted_for(folder: ResultsFolder, s: Series) -> Prediction | None:
    """Return the prediction for a series' regime and objective; None where its objective has none."""
    given = folder.results.study.get("objectives", {}).get(s.summary.objective, {})
    ceiling = CEILING_OF.get(given.get("name", s.summary.objective))
    return None if s.exploration is None or ceiling is None else s.exploration.predicted.get(ceiling)


def has_predictions(folder: ResultsFolder) -> bool:
    """Whether any series has a prediction, be it a refusal."""
    return any(predicted_for(folder, s) is not None for s in folder.series)
