"""A study whose results live in an S3 store: from empty to the report, through a kill: results/s3_store.json.

    pip install 'moto[server]'; moto_server -p 5555    # in an environment of its own: it and s3fs want other botocores
    pip install s3fs; python benchmarks/s3_store.py http://127.0.0.1:5555

The study's process is killed with SIGKILL when the store holds some of its runs. The same command, with another and
empty cache, must then fetch what is there, make only what is missing, and recover what a run in a local folder does.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import Any

import fsspec

from machine import RESULTS, described
from worldprobe._util.files import write_json

STUDY = ("mixings-2d", "--preset", "smoke", "seeds=[0]")
BEFORE_KILL = 5
"""Runs in the store at which the first process is killed."""


def started(out: str, cache: Path) -> subprocess.Popen[bytes]:
    """Start the study in a process of its own."""
    line = [sys.executable, "-m", "worldprobe", "run", *STUDY, "--out", out]
    return subprocess.Popen(line, env=os.environ | {"WORLDPROBE_CACHE": str(cache)}, stderr=subprocess.DEVNULL)


def recoveries(files: dict[str, str]) -> dict[str, Any]:
    """Return what each run recovered, from the text of its run.json."""
    return {name: json.loads(text)["recovery"] for name, text in files.items()}


def main() -> None:
    """Run, kill, delete, resume, compare, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("endpoint", help="the store's address")
    given = parser.parse_args()
    defaults = {"AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "any", "AWS_DEFAULT_REGION": "us-east-1"}
    os.environ |= defaults | os.environ | {"AWS_ENDPOINT_URL": given.endpoint}
    store, bucket = fsspec.filesystem("s3", use_listings_cache=False), f"runs-{os.getpid()}"
    store.mkdir(bucket)
    url = f"s3://{bucket}/study"

    def stored() -> dict[str, str]:
        found = [name for name in store.find(f"{bucket}/study") if name.endswith("/run.json")]
        return {name.split("/")[-2]: store.cat(name).decode() for name in found}

    with tempfile.TemporaryDirectory() as folder:
        first = started(url, Path(folder) / "first")  # nothing of it is read again
        while len(stored()) < BEFORE_KILL:
            assert first.poll() is None, "the study ended before it could be killed"
            time.sleep(0.2)
        first.kill()
        first.wait()
        kept = stored()
        assert started(url, Path(folder) / "second").wait() == 0
        resumed = stored()
        local = Path(folder) / "local"
        assert started(str(local), Path(folder) / "third").wait() == 0
        here = {path.parent.name: path.read_text(encoding="utf8") for path in local.glob("runs/*/run.json")}
        report = store.exists(f"{bucket}/study/report.html")
    document = {
        "machine": described(),
        "packages": {name: version(name) for name in ("fsspec", "s3fs")},
        "study": " ".join(STUDY),
        "runs": len(here),
        "in the store at the kill": len(kept),
        "of these unchanged after resuming": sum(resumed[name] == text for name, text in kept.items()),
        "equal to a local folder's": recoveries(resumed) == recoveries(here),
        "report in the store": bool(report),
    }
    write_json(RESULTS / "s3_store.json", document)
    print(document)


if __name__ == "__main__":
    main()
