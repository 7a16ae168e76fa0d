"""Studies: world x regimes x objectives x seeds, run whole or continued."""

from worldprobe.studies.load import DEFAULT_PRESET, load_study, shipped_studies
from worldprobe.studies.results import Results
from worldprobe.studies.runner import run_study
from worldprobe.studies.schema import Study

__all__ = ["DEFAULT_PRESET", "Results", "Study", "load_study", "run_study", "shipped_studies"]
