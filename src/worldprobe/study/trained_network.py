"""The network that a run of a study left, and the study as it was for that run."""

from __future__ import annotations

from pathlib import Path

from torch import nn

from worldprobe._util.files import inside
from worldprobe._util.torch_files import Unloadable, load_plain
from worldprobe.errors import DamagedData, NoResults, UnknownName
from worldprobe.study.axes import study_at
from worldprobe.study.cells import RunRole, cells
from worldprobe.study.claim_folder import kept_settings
from worldprobe.study.load import study_of
from worldprobe.study.schema import Study


def trained_network(folder: Path, run_id: str, device: str = "cpu") -> tuple[nn.Module, Study]:
    """Return a finished run's encoder, and the study with the run's point on every axis.

    Raises NoResults where the folder holds no study or the run is not finished, UnknownName for a run that the study
    does not train, DamagedData where its weights cannot be read.
    """
    file = folder / "study.yaml"
    if not file.is_file():
        raise NoResults(f"{folder} has no study.yaml. Give the folder that `worldprobe run` wrote.")
    study = study_of(kept_settings(folder), str(file))
    trained = {cell.id: cell for cell in cells(study) if cell.role in (RunRole.MEASURED, RunRole.CEILING)}
    if run_id not in trained:
        raise UnknownName("run", run_id, trained)
    weights = inside(folder, "runs", run_id, "encoder.pt")
    if not weights.is_file():
        raise NoResults(f"{run_id} is not finished in {folder}. Run the study's command again: finished runs are kept.")
    here = study_at(study, trained[run_id].axes)
    encoder = here.encoder.build(here.observation_shape, here.dimensions, 0).to(device)
    try:
        encoder.load_state_dict(load_plain(weights))
    except (Unloadable, OSError, RuntimeError, TypeError) as error:
        said = " ".join(str(error).split())[:200].rstrip(".")
        raise DamagedData(f"{weights} cannot be read ({said}). Delete {run_id} and run the study again.") from error
    return encoder, here
