"""The finished report that comes with the package, and with the site: src/worldprobe/reports/shipped/camera.html.

    python benchmarks/shipped_report.py demo

Writes the report of a results folder of the study `camera` anew and copies it; `worldprobe open` shows it.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

from worldprobe.reports import write_report

TARGET = Path(__file__).parents[1] / "src" / "worldprobe" / "reports" / "shipped" / "camera.html"
MOST_BYTES = 2_000_000  # it is part of every installation


def main() -> None:
    """Write, check the size, copy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    report = write_report(parser.parse_args().folder)
    size = report.stat().st_size
    if size > MOST_BYTES:
        raise SystemExit(f"{report} has {size:,} bytes; at most {MOST_BYTES:,} ship with the package")
    TARGET.parent.mkdir(exist_ok=True)
    shutil.copyfile(report, TARGET)
    print(f"Wrote {TARGET}: {size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
