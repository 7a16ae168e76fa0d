"""Studies: world x regimes x objectives x seeds, run whole or continued."""

from worldprobe.results import Results
from worldprobe.study.load import DEFAULT_PRESET, load_study, shipped_studies
from worldprobe.study.run import run_study
from worldprobe.study.schema import Study

__all__ = ["DEFAULT_PRESET", "Results", "Study", "load_study", "run_study", "shipped_studies"]
