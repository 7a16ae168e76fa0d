"""How much an installation downloads and takes on disk."""

from __future__ import annotations

from doc_tables.markdown import markdown, recorded

BRINGS = {
    "": "the rooms, the mixings, audit, predictor, measure, reports",
    "room": "Blender: rebuild and path-trace rooms",
    "arm": "MuJoCo: the arm, and planning with it",
    "data": "logs in LeRobot, robomimic, Parquet, HDF5, video",
    "room,arm,data": "everything",
}


def install(file: str) -> str:
    """Return packages, megabytes downloaded and on disk, without extras and with each, and the largest packages."""
    rows = []
    for extras, found in recorded(file)["extras"].items():
        name = f"`worldprobe[{extras}]`" if extras else "`worldprobe`"
        largest = ", ".join(f"{package} {mb}" for package, mb in list(found["largest_mb"].items())[:3])
        rows.append([name, BRINGS[extras], f"{found['download_mb']} MB", f"{found['disk_mb']} MB", largest])
    return markdown(["install", "brings", "download", "on disk", "largest (MB)"], rows)
