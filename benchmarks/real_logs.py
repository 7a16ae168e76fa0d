"""Public logs, audited by the command that a newcomer types: results/real_logs.json.

    python benchmarks/real_logs.py --list            # the `git` commands that fetch the repositories
    python benchmarks/real_logs.py --clones FOLDER   # audit what lies there; about six minutes on two cores

FOLDER holds a clone of each repository under its name. Nothing of them is part of worldprobe.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from machine import RESULTS, described
from worldprobe._util.files import write_json

LIMIT_S = 900
"""Seconds after which an audit counts as hung."""
LONGEST = 230
"""Characters of a refusal that are kept."""


@dataclass(frozen=True)
class RealLog:
    """One public log and what is typed after its path."""

    repository: str
    commit: str
    path: str = "."
    options: str = ""

    @property
    def folder(self) -> str:
        """Of the clone."""
        return self.repository.split("/")[1]

    @property
    def command(self) -> list[str]:
        """What is typed in the folder of the clones."""
        path = f"{self.folder}/{self.path}".removesuffix("/.")
        return ["worldprobe", "audit", "--data", path, *self.options.split()]


LOGS = (
    RealLog("MichaelGrupp/evo", "26d0953d4d", "test/data/freiburg1_xyz-groundtruth.txt"),
    RealLog("MichaelGrupp/evo", "26d0953d4d", "test/data/fr2_desk_groundtruth.txt"),
    RealLog("MichaelGrupp/evo", "26d0953d4d", "test/data/KITTI_00_gt.txt"),
    RealLog("MichaelGrupp/evo", "26d0953d4d", "test/data/V102_groundtruth.csv"),
    RealLog("MichaelGrupp/evo", "26d0953d4d", "test/data/nav2_turtlebot.mcap", "--states /odom/pose/pose/position"),
    RealLog("NVlabs/instant-ngp", "abe236ee00", "data/nerf/fox"),
    RealLog("LucasMirachi/Skoods01_Behavioral_Cloning", "0ff00d530a", "."),
    RealLog("rslim087a/track", "e4f169f056", "."),
    RealLog("rslim087a/track", "e4f169f056", ".", "--frames first"),
    RealLog("AVMktl/Data-1", "ec77ea808d", ".", "--frames first"),
    RealLog("SamueleSandrini/record-test", "c6d0de303c", ".", "--frames none"),
    RealLog("YifanTian07/G1-policy-train", "d1d3bb45f1", ".", "--frames none"),
    RealLog("chenfei-source/smolVLA-robot-manipulation", "de907422c1", "data"),
    RealLog("chenfei-source/smolVLA-robot-manipulation", "de907422c1", "data/data/chunk-000/file-000.parquet"),
    RealLog("DLR-RM/IROSA", "29ec012e20", "data/demonstrations.npz"),
    RealLog("HumanCompatibleAI/imitation", "e5ef18806c", "tests/testdata/expert_models/pendulum_0/rollouts/final.npz"),
    RealLog("wppqywq/comp579_offline_rl", "9dd8b0023d", "random_data.npz"),
    RealLog("Jiahe1008/WAM", "3d8602ebb5", "data/trajectories.npz"),
    RealLog("DI-X/BC_cart_and_pendulum", "0da179c4e1", "data/demo/demo.hdf5"),
    RealLog("KimTeddy/2025_BC-BCO", "b0267983ed", "expert_data_lunarlander.npz"),
    RealLog("KimTeddy/2025_BC-BCO", "b0267983ed", "expert_data_FrozenLake.npz"),
    RealLog("xioTechnologies/Fusion", "d69784c8f7", "Examples/Python/sensor_data.csv"),
    RealLog("kalebburnham/IMU-Research", "454019146f", "mav0/imu0/data.csv"),
    RealLog("kalebburnham/IMU-Research", "454019146f", "mav0/imu0/data.csv", "--drop-bad"),
    RealLog("TUMFTM/racetrack-database", "e59595d1f3", "tracks/Spa.csv"),
    RealLog("commaai/calib_challenge", "b54a1eb2c4", "labeled", "--drop-bad"),
    RealLog("commaai/speedchallenge", "8815bb8d0a", "data/train.txt"),
    RealLog("abdealip/mapping-3d-robot-arm", "6362ab8938", "data/joint_states.csv"),
    RealLog("APogue/slam_demo", "12297c50f9", "data/out_state.csv"),
    RealLog("symao/xviewer", "554d9dff9e", "data/imu.csv"),
    RealLog("ElGarash/AirSim-Localization", "ef0e23101c", "trajectory.csv"),
    RealLog(
        "uzh-rpg/rpg_trajectory_evaluation",
        "8c8ceec55c",
        "results/euroc_mono_stereo/laptop/vio_mono/laptop_vio_mono_MH_01/stamped_traj_estimate.txt",
    ),
    RealLog("Khashayar-Gh/RGBD_Localization", "37c66d15d6", "groundtruth.txt"),
    RealLog(
        "interaction-dataset/interaction-dataset",
        "053213d8ae",
        "recorded_trackfiles/.TestScenarioForScripts/vehicle_tracks_000.csv",
    ),
    RealLog("erwincoumans/motion_imitation", "d0e7b963c5", "retarget_motion/data/dog_walk00_joint_pos.txt"),
)


def audited(log: RealLog, clones: Path) -> dict[str, Any]:
    """Audit one log in a process of its own; raises SystemExit where its clone is missing."""
    if not (clones / log.folder / log.path).exists():
        raise SystemExit(f"{clones / log.folder / log.path} is missing: see --list")
    with tempfile.TemporaryDirectory() as kept:
        begun = time.monotonic()
        ended = subprocess.run(
            [sys.executable, "-m", "worldprobe", *log.command[1:], "--out", kept],
            cwd=clones,
            capture_output=True,
            text=True,
            timeout=LIMIT_S,
            check=False,
        )
        seconds = time.monotonic() - begun
        answer = (
            json.loads((Path(kept) / "audit.json").read_text())["parts"][0]["answer"] if ended.returncode != 2 else None
        )
    row = {"repository": log.repository, "commit": log.commit, "path": log.path, "command": " ".join(log.command)}
    row |= {"seconds": round(seconds, 1), "exit_status": ended.returncode}
    row["traceback"] = "Traceback" in ended.stderr
    if answer is None:
        return row | {"refused": _refusal(ended.stderr)}
    size = re.search(r"\d[\d,]* episodes? of [^\n]*", ended.stdout)
    return row | {
        "read": size[0] if size else None,
        "r2": answer["r2"],
        "ci95": answer["ci95"],
        "limit": _limit(answer),
    }


def _refusal(stderr: str) -> str:
    said = next((line for line in reversed(stderr.splitlines()) if line.startswith("worldprobe:")), stderr)
    return " ".join(said.removeprefix("worldprobe:").split())[:LONGEST]


def _limit(answer: dict[str, Any]) -> str:
    """Return what limits recovery first, without what mending it would buy."""
    return re.split(r"; |\. ", str(answer["limits"]).removeprefix("What limits it first: "))[0]


def main() -> None:
    """List the sources, or audit them and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--list", action="store_true", help="print how to fetch the repositories")
    parser.add_argument("--clones", type=Path, help="the folder that holds them")
    parser.add_argument("--resume", action="store_true", help="keep the rows that were recorded before")
    given = parser.parse_args()
    if given.clones is None:
        for source, commit in dict.fromkeys((log.repository, log.commit) for log in LOGS):
            folder = source.split("/")[1]
            print(f"git clone https://github.com/{source} {folder} && git -C {folder} checkout {commit}")
        return
    target = RESULTS / "real_logs.json"
    before = json.loads(target.read_text())["rows"] if given.resume and target.is_file() else []
    known = {(row["command"], row["commit"]): row for row in before if not row.get("earlier_version")}
    found = {"what": "public logs, audited as a newcomer would", "machine": described(), "rows": []}
    for log in LOGS:
        row = known.get((" ".join(log.command), log.commit)) or audited(log, given.clones)
        found["rows"].append(row)
        print(row, flush=True)
        write_json(target, found)


if __name__ == "__main__":
    main()
