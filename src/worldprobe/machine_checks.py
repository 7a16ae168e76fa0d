"""The doctor: what this machine has, what it lacks, and the command that installs it.

It runs without any package installed (`python src/worldprobe/machine_checks.py --apt`), so that a Makefile can ask it
what to install first. Whatever can crash (a graphics driver, Blender) is tried in a child process.
"""

from __future__ import annotations

import ctypes
import glob
import importlib.util
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

RASTER_LIBRARIES = {
    "libegl1": "libEGL.so.1",
    "libgl1": "libGL.so.1",
    "libegl-mesa0": "libEGL_mesa.so.0",
    "libgl1-mesa-dri": "*/dri/swrast_dri.so",
}
"""Debian package -> the library that it brings: EGL, and Mesa's driver, which draws on the CPU."""
BLENDER_LIBRARIES = {
    "libgl1": "libGL.so.1",
    "libx11-6": "libX11.so.6",
    "libxext6": "libXext.so.6",
    "libxrender1": "libXrender.so.1",
    "libxfixes3": "libXfixes.so.3",
    "libxi6": "libXi.so.6",
    "libxkbcommon0": "libxkbcommon.so.0",
    "libsm6": "libSM.so.6",
    "libice6": "libICE.so.6",
}
"""What `import bpy` loads from the system, as /proc/self/maps shows it (bpy 5.0.1)."""
TEST_PROGRAMS = {"chromium": ("chromium", "chromium-browser", "google-chrome"), "chromium-driver": ("chromedriver",)}

STUDIES = "studies"
"""The name of the check that says which studies can be run."""

_LIBRARY_FOLDERS = ("/usr/lib/*-linux-gnu", "/usr/lib64", "/usr/lib", "/usr/local/lib")
_CHILD_SECONDS = 120
_GIB = 1 << 30
_DISK_NEEDED, _MEMORY_NEEDED = 2 * _GIB, 4 * _GIB

_TORCH = """
import torch
gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else ""
print(torch.__version__, gpu, sep="|")
"""
_RASTER = """
import numpy as np
from worldprobe.errors import WorldprobeError
from worldprobe.render.glb import GlbPart, Material
from worldprobe.render.raster import Raster
corners = np.array([[-9.0, -9.0, -1.0], [9.0, -9.0, -1.0], [0.0, 9.0, -1.0]])
triangle = GlbPart("triangle", corners, np.zeros((3, 2)), np.array([[0, 1, 2]]), Material((1.0, 0.0, 0.0)), np.eye(4))
try:
    with Raster([triangle], size=8) as raster:
        frame = raster.draw(np.eye(4)[None])[0]
        assert (frame == [255, 0, 0]).all(), "it draws a red triangle in another colour"
        print(raster.driver["renderer"], raster.driver["version"], sep=", OpenGL ")
except WorldprobeError as error:
    raise SystemExit(str(error.__cause__ or error))
"""
_BLENDER = "import bpy; print(bpy.app.version_string)"
_MUJOCO = """
import mujoco
from worldprobe.world.arm.model import mujoco_model
model = mujoco_model(joints=2)
mujoco.mj_step(model, mujoco.MjData(model))
print(mujoco.__version__)
"""
_STUDIES = "import json; from worldprobe.study.obstacles import obstacles; print(json.dumps(obstacles()))"


@dataclass(frozen=True)
class MachineCheck:
    """One thing that worldprobe needs or can use: whether it works, what was seen, and the command that installs it."""

    name: str
    ok: bool
    detail: str
    fix: str = ""
    required: bool = True


def checks() -> list[MachineCheck]:
    """Return everything that was checked; takes seconds, since what can break is really tried."""
    torch, raster, blender, mujoco, studies = (_child(code) for code in (_TORCH, _RASTER, _BLENDER, _MUJOCO, _STUDIES))
    return [
        _python(),
        _torch(torch),
        _raster(raster),
        _blender(blender),
        _mujoco(mujoco),
        _chromium(),
        _disk(),
        _memory(),
        _cores(),
        _gpu(torch),
        _studies(studies),
    ]


def render(found: Sequence[MachineCheck]) -> str:
    """Return the checks as text: a line each, beneath it what installs what is missing, and what can be done here."""
    width = max(len(check.name) for check in found)
    lines = []
    for check in found:
        mark = "ok     " if check.ok else "MISSING" if check.required else "absent "
        lines.append(f"{mark}  {check.name:<{width}}  {check.detail}")
        if check.fix and not check.ok:
            lines.append(f"{'':{width + 11}}-> {check.fix}")
    lacking = [check.name for check in found if check.required and not check.ok]
    lines.append("")
    lines.append(f"Needed before anything can be run: {', '.join(lacking)}." if lacking else _possible(found))
    return "\n".join(lines)


def _possible(found: Sequence[MachineCheck]) -> str:
    """Return what can be done where nothing that every study needs is missing."""
    studies = next((check for check in found if check.name == STUDIES), None)
    if studies is None or studies.ok:
        return "Every study can be run here: `worldprobe run camera`."
    return "The other studies can be run here: see `worldprobe studies`."


def missing_packages(libraries: dict[str, str]) -> list[str]:
    """Return the Debian packages whose library is not on this machine, in the order of `libraries`."""
    missing = [package for package, library in libraries.items() if not _present(library)]
    if _loads("libEGL_nvidia.so.0"):  # another driver draws; Mesa's is not needed
        missing = [package for package in missing if "mesa" not in package]
    return missing


def missing_apt(blender: bool = False, tests: bool = False) -> list[str]:
    """Return every Debian package that is missing for the demo, and, if asked, for Blender and the report's tests."""
    packages = missing_packages(RASTER_LIBRARIES | (BLENDER_LIBRARIES if blender else {}))
    if importlib.util.find_spec("ensurepip") is None:  # Debian's Python cannot make virtual environments without it
        packages.append("python3-venv")
    return packages + (_missing_programs() if tests else [])


def main(arguments: Sequence[str]) -> int:
    """Print the checks (exit status 1 if a required one fails), or with --apt the missing Debian packages.

    --apt lists what the demo needs; with --blender and --tests also what those need.
    """
    if "--apt" in arguments:
        print(" ".join(missing_apt(blender="--blender" in arguments, tests="--tests" in arguments)))
        return 0
    found = checks()
    print(render(found))
    return 0 if all(check.ok for check in found if check.required) else 1


def _python() -> MachineCheck:
    version = sys.version_info[:3]
    text = "{}.{}.{}".format(*version)
    if version[:2] == (3, 11):
        return MachineCheck("Python", True, text)
    fine = (3, 11) <= version[:2] <= (3, 13)
    detail = f"{text}: Blender's package exists for 3.11 only" if fine else f"{text}: 3.11, 3.12 or 3.13 is needed"
    return MachineCheck("Python", fine, detail, "sudo apt-get install -y python3.11 python3.11-venv, then make setup")


def _torch(child: _Child) -> MachineCheck:
    if not child.ok:
        return MachineCheck("torch", False, child.text, "pip install -c constraints.txt torch")
    return MachineCheck("torch", True, child.text.split("|")[0])


def _raster(child: _Child) -> MachineCheck:
    name = "rasteriser"
    if child.ok:
        return MachineCheck(name, True, f"drew a triangle with {child.text}")
    if importlib.util.find_spec("moderngl") is None:
        lost = "moderngl is not installed: rendered worlds cannot be drawn"
        return MachineCheck(name, False, lost, "pip install moderngl", required=False)
    packages = missing_packages(RASTER_LIBRARIES) or list(RASTER_LIBRARIES)
    return MachineCheck(name, False, f"EGL does not draw: {child.text}", _apt(packages), required=False)


def _blender(child: _Child) -> MachineCheck:
    name, lost = "Blender", "no Cycles stills, no rooms of your own; the rooms that ship with the package still work"
    if child.ok:
        return MachineCheck(name, True, f"bpy {child.text}", required=False)
    if importlib.util.find_spec("bpy") is None:
        fix = f"{_pip('room')} (Python 3.11)"
        return MachineCheck(name, False, f"bpy is not installed: {lost}", fix, required=False)
    packages = missing_packages(BLENDER_LIBRARIES)
    fix = _apt(packages) if packages else _pip("room")
    return MachineCheck(name, False, f"bpy does not load ({child.text}): {lost}", fix, required=False)


def _mujoco(child: _Child) -> MachineCheck:
    name, lost = "MuJoCo", "no arm, and no regimes of a body"
    if child.ok:
        return MachineCheck(name, True, f"mujoco {child.text}", required=False)
    reason = "is not installed" if importlib.util.find_spec("mujoco") is None else f"does not work ({child.text})"
    return MachineCheck(name, False, f"mujoco {reason}: {lost}", _pip("arm"), required=False)


def _chromium() -> MachineCheck:
    missing = _missing_programs()
    detail = "not there: only the tests of the report need it" if missing else "for the tests of the report"
    return MachineCheck("Chromium", not missing, detail, _apt(missing), required=False)


def _disk() -> MachineCheck:
    try:
        from worldprobe._util.files import cache_dir

        folder = cache_dir()
    except ImportError:  # before the package's dependencies are there
        folder = Path(os.path.expanduser(os.environ.get("WORLDPROBE_CACHE", "~/.cache")))
    existing = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(existing).free
    fix = "export WORLDPROBE_CACHE=/a/folder/with/room"
    if not (existing.is_dir() and os.access(existing, os.W_OK)):
        return MachineCheck("disk", False, f"the cache folder {folder} cannot be written", fix)
    enough = free >= _DISK_NEEDED
    wanted = "" if enough else f"; {_DISK_NEEDED / _GIB:.0f} GB are needed"
    return MachineCheck("disk", enough, f"{free / _GIB:.0f} GB free for the cache, {folder}{wanted}", fix)


def _memory() -> MachineCheck:
    from worldprobe._util.memory import total_bytes

    total = total_bytes() or 0
    enough = total >= _MEMORY_NEEDED
    detail = f"{total / _GIB:.1f} GB" + ("" if enough else ": the demo may need 4 GB")
    fix = "worldprobe run camera --preset smoke"
    return MachineCheck("memory", enough, detail, fix, required=False)


def _cores() -> MachineCheck:
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return MachineCheck("processor", True, f"{count} core{'s' if count != 1 else ''}", required=False)


def _gpu(child: _Child) -> MachineCheck:
    name = child.text.split("|")[-1].strip() if child.ok else ""
    return MachineCheck("GPU", True, name or "none that torch can use: training runs on the processor", required=False)


def _studies(child: _Child) -> MachineCheck:
    """Say which shipped studies can be run here, and what each of the others lacks."""
    if not child.ok:
        return MachineCheck(STUDIES, False, f"none can be run: {child.text}")
    found: dict[str, str | None] = json.loads(child.text)
    stopped = {name: why for name, why in found.items() if why is not None}
    if not stopped:
        return MachineCheck(STUDIES, True, f"all {len(found)} can be run: {', '.join(found)}")
    detail = f"{len(found) - len(stopped)} of {len(found)} can be run; not {', '.join(stopped)}"
    reasons = " ".join(dict.fromkeys(why for why in stopped.values() if why))
    return MachineCheck(STUDIES, False, detail, reasons, required=len(stopped) == len(found))


@dataclass(frozen=True)
class _Child:
    """What a child process answered: its last line, or why it failed."""

    ok: bool
    text: str


def _child(code: str) -> _Child:
    command = [sys.executable, "-c", code]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_CHILD_SECONDS, check=False)
    except subprocess.TimeoutExpired:
        return _Child(False, f"no answer within {_CHILD_SECONDS} s")
    if done.returncode < 0:
        return _Child(False, f"the process was killed by signal {-done.returncode}")
    lines = (done.stdout if done.returncode == 0 else done.stderr).strip().splitlines()
    return _Child(done.returncode == 0, lines[-1] if lines else "no message")


def _present(library: str) -> bool:
    if library.startswith("*/"):
        return any(glob.glob(f"{folder}/{library[2:]}") for folder in _LIBRARY_FOLDERS)
    return _loads(library)


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _missing_programs() -> list[str]:
    return [package for package, names in TEST_PROGRAMS.items() if not any(map(shutil.which, names))]


def _apt(packages: Iterable[str]) -> str:
    sudo = "" if os.geteuid() == 0 else "sudo "
    return f"{sudo}apt-get install -y --no-install-recommends {' '.join(packages)}"


def _pip(extra: str) -> str:
    return f'pip install "worldprobe[{extra}]"'


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
