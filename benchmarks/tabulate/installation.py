"""How much an installation downloads and takes on disk."""

from __future__ import annotations

from tabulate.markdown import markdown, recorded

BRINGS = {
    "": "audit, predictor, measure, planning, reports, the mixings",
    "room": "Blender: building and path-tracing rooms",
    "arm": "MuJoCo: the arm's policy and torques",
    "data": "LeRobot, robomimic, Parquet, HDF5, video",
    "room,arm,data": "all of it",
}


def install(file: str) -> str:
    """Return packages, megabytes downloaded and on disk, without extras and with each, and the largest packages."""
    rows = []
    for extras, found in recorded(file)["extras"].items():
        name = f"`worldprobe[{extras}]`" if extras else "`worldprobe`"
        largest = ", ".join(f"{package} {mb}" for package, mb in list(found["largest_mb"].items())[:3])
        rows.append([name, BRINGS[extras], f"{found['download_mb']} MB", f"{found['disk_mb']} MB", largest])
    return markdown(["install", "brings", "download", "on disk", "largest (MB)"], rows)
