"""A study on the ranks that torchrun starts gives the results of one process."""

from __future__ import annotations

import json
import os
import socket
from pathlib import Path

import pytest
import yaml

from forked import command, run_command, start_ranks
from study.test_processes import STUDY


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def run_as_rank(rank: int, folder: str) -> None:
    """Run the study as one of two processes that torchrun starts."""
    port = Path(folder, "port").read_text()
    told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": 2, "LOCAL_WORLD_SIZE": 2}
    os.environ |= {name: str(value) for name, value in told.items()}
    os.environ |= {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port, "WORLDPROBE_CACHE": f"{folder}/cache-{rank}"}
    os.chdir(folder)
    command("run", "study.yaml", "--out", "two")


@pytest.mark.slow
def test_two_ranks_make_what_one_process_makes(tmp_path: Path) -> None:
    settings = {**STUDY, "training": {**STUDY["training"], "precision": "fp32"}}
    (tmp_path / "study.yaml").write_text(yaml.safe_dump(settings), encoding="utf8")
    (tmp_path / "port").write_text(str(_free_port()))
    start_ranks(run_as_rank, tmp_path)
    assert run_command(["run", "study.yaml", "--out", "one"], tmp_path).returncode == 0
    one, two = (json.loads((tmp_path / name / "results.json").read_text())["runs"] for name in ("one", "two"))
    assert [run["id"] for run in one] == [run["id"] for run in two]
    for alone, together in zip(one, two, strict=True):
        assert together["recovery"]["r2"] == pytest.approx(alone["recovery"]["r2"], abs=1e-4), alone["id"]
        assert (together["training"] is None) == (alone["training"] is None)
