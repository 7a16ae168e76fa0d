"""What was predicted for the ideal encoder of a series, from controls alone."""

from __future__ import annotations

from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.results import CEILING_OF, Prediction


def predicted_for(folder: ResultsFolder, s: Series) -> Prediction | None:
    """Return the prediction for a series' regime and objective; None where its objective has none."""
    given = folder.results.study.get("objectives", {}).get(s.summary.objective, {})
    ceiling = CEILING_OF.get(given.get("name", s.summary.objective))
    return None if s.exploration is None or ceiling is None else s.exploration.predicted.get(ceiling)


def ideal_on_test(folder: ResultsFolder, s: Series) -> float | None:
    """Return the ideal encoder's predicted R² on the study's test points, where a series' own R² is measured.

    Where several maps are aligned equally well, that of the best of them; None where nothing is known.
    """
    p = predicted_for(folder, s)
    if p is None:
        return None
    rivals = [sum(each.values()) / len(each) for each in p.candidates if each]
    return p.r2_on_test if p.r2_on_test is not None else max(rivals, default=None)


def has_predictions(folder: ResultsFolder) -> bool:
    """Whether any series has a prediction, be it a refusal."""
    return any(predicted_for(folder, s) is not None for s in folder.series)
