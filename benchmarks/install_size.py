"""How much an installation downloads, and takes on disk: benchmarks/results/install_size.json.

    python benchmarks/install_size.py

Downloads the wheels of this checkout's dependencies under constraints.txt, without extras and with each, and counts
their bytes: packed, and unpacked. PyTorch is the one that `constraints.txt` names, as the package index offers it.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

from machine import RESULTS
from tables import rewrite
from worldprobe._util.files import write_json
from worldprobe.study.machine import versions

ROOT = Path(__file__).parents[1]
EXTRAS = ("", "room", "arm", "data", "room,arm,data")
MB = 1_000_000


def wheels(extras: str, folder: Path) -> list[Path]:
    """Download the wheels of worldprobe's dependencies with these extras and return them."""
    wanted = f"{ROOT}[{extras}]" if extras else str(ROOT)
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet", "download"]
    constraints = ["--constraint", str(ROOT / "constraints.txt")]
    subprocess.run([*pip, "--only-binary", ":all:", *constraints, "--dest", str(folder), wanted], check=True)
    return sorted(folder.glob("*.whl"))


def measured(files: list[Path]) -> dict[str, object]:
    """Return megabytes packed and unpacked, and the five largest packages unpacked."""
    unpacked = {file.name.split("-")[0]: _unpacked(file) for file in files}
    largest = sorted(unpacked.items(), key=lambda each: -each[1])[:5]
    return {
        "packages": len(files),
        "download_mb": round(sum(file.stat().st_size for file in files) / MB),
        "disk_mb": round(sum(unpacked.values()) / MB),
        "largest_mb": {name: round(size / MB) for name, size in largest},
    }


def _unpacked(wheel: Path) -> int:
    with zipfile.ZipFile(wheel) as archive:
        return sum(entry.file_size for entry in archive.infolist())


def main() -> None:
    """Download, count, write the result and the tables of the docs."""
    found = {}
    for extras in EXTRAS:
        with tempfile.TemporaryDirectory() as folder:
            found[extras] = measured(wheels(extras, Path(folder)))
        print(extras or "no extras", found[extras], flush=True)
    write_json(RESULTS / "install_size.json", {"versions": versions(), "extras": found})
    rewrite()


if __name__ == "__main__":
    main()
