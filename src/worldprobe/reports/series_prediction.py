"""What was predicted for the ideal encoder of a series, from controls alone."""

from __future__ import annotations

import numpy as np

from worldprobe.reports.results_folder import ResultsFolder, Series
from worldprobe.results import CEILING_OF, Prediction


def predicted_for(folder: ResultsFolder, s: Series) -> Prediction | None:
    """Return the prediction for a series' regime and objective; None where its objective has none."""
    given = folder.results.study.get("objectives", {}).get(s.summary.objective, {})
    ceiling = CEILING_OF.get(given.get("name", s.summary.objective))
    return None if s.exploration is None or ceiling is None else s.exploration.predicted.get(ceiling)


def ideal_on_test(folder: ResultsFolder, s: Series) -> float | None:
    """Return the ideal encoder's R² on the study's test points, as a series' decomposition has it, or else predicted.

    Where several maps are aligned equally well, the best for each control; None where nothing is known.
    """
    runs = {run.id for run in s.runs}
    ideals = [list(of.ideal.values()) for of in folder.results.decomposition if of.run in runs and of.ideal]
    if ideals:
        return float(np.mean(ideals))
    p = predicted_for(folder, s)
    if p is None or p.r2_on_test is not None:
        return None if p is None else p.r2_on_test
    best = [max(each[name] for each in p.candidates) for name in p.candidates[0]] if p.candidates else []
    return float(np.mean(best)) if best else None


def has_predictions(folder: ResultsFolder) -> bool:
    """Whether any series has a prediction, be it a refusal."""
    return any(predicted_for(folder, s) is not None for s in folder.series)
