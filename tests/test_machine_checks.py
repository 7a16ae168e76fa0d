import os
import subprocess
import sys
from pathlib import Path

import pytest

from worldprobe import machine_checks
from worldprobe.machine_checks import MachineCheck, checks, main, missing_apt, missing_packages, render
from worldprobe.render.raster import APT_PACKAGES
from worldprobe.study import shipped_studies

NOWHERE = {"libnowhere1": "libnowhere.so.1", "libc6": "libc.so.6", "libnodriver": "*/dri/nowhere_dri.so"}


@pytest.fixture
def found(monkeypatch, tmp_path):
    monkeypatch.setenv("WORLDPROBE_CACHE", str(tmp_path / "not" / "yet"))
    return {check.name: check for check in checks()}


@pytest.mark.slow
def test_this_machine_is_fit_for_the_demo(found):
    lacking = [check for check in found.values() if check.required and not check.ok]
    assert lacking == []
    assert "drew a triangle" in found["rasteriser"].detail
    assert "bpy 5" in found["Blender"].detail
    assert "mujoco 3" in found["MuJoCo"].detail
    assert "not/yet" in found["disk"].detail
    assert found["studies"].ok
    assert found["studies"].detail.startswith(f"all {len(shipped_studies())} can be run: ")
    assert render(list(found.values())).endswith("Every study can be run here: `worldprobe run camera`.")


def test_a_missing_graphics_driver_is_told_from_a_missing_package(monkeypatch):
    monkeypatch.setenv("__EGL_VENDOR_LIBRARY_FILENAMES", "/dev/null")
    check = machine_checks._raster(machine_checks._child(machine_checks._RASTER))
    assert not check.ok
    assert not check.required, "the analytic worlds need no rasteriser"
    assert check.detail == "EGL does not draw: requested device index 0, but found 0 devices"
    assert check.fix.endswith("apt-get install -y --no-install-recommends " + " ".join(APT_PACKAGES))


def test_a_crash_of_a_driver_is_survived_and_told():
    child = machine_checks._child("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)")
    check = machine_checks._raster(child)
    assert not check.ok
    assert "killed by signal 11" in check.detail


def test_a_child_that_hangs_is_given_up(monkeypatch):
    monkeypatch.setattr(machine_checks, "_CHILD_SECONDS", 0.2)
    child = machine_checks._child("import time; time.sleep(60)")
    assert not child.ok
    assert "no answer within 0.2 s" in child.text


def test_missing_python_packages_name_their_extra(monkeypatch):
    monkeypatch.setattr(machine_checks.importlib.util, "find_spec", lambda name: None)
    failed = machine_checks._Child(False, "ModuleNotFoundError: No module named 'x'")
    assert machine_checks._raster(failed).fix == "pip install moderngl"
    blender = machine_checks._blender(failed)
    assert blender.fix.startswith('pip install "worldprobe[room]"')
    assert not blender.required
    assert "no Cycles stills" in blender.detail
    assert machine_checks._mujoco(failed).fix == 'pip install "worldprobe[arm]"'
    assert machine_checks._torch(failed).fix == "pip install -c constraints.txt torch"


def test_a_library_that_blender_lacks_is_named(monkeypatch):
    monkeypatch.setattr(machine_checks, "BLENDER_LIBRARIES", NOWHERE)
    check = machine_checks._blender(
        machine_checks._Child(False, "ImportError: libnowhere.so.1: cannot open shared object file")
    )
    assert check.fix.endswith("apt-get install -y --no-install-recommends libnowhere1 libnodriver")
    assert "libnowhere.so.1" in check.detail


def test_only_packages_whose_library_is_missing_are_listed():
    assert missing_packages(NOWHERE) == ["libnowhere1", "libnodriver"]


def test_mesa_is_not_asked_for_where_another_driver_draws(monkeypatch):
    present = {"libEGL.so.1", "libEGL_nvidia.so.0"}
    monkeypatch.setattr(machine_checks, "_loads", lambda library: library in present)
    monkeypatch.setattr(machine_checks.glob, "glob", lambda pattern: [])
    assert missing_packages(machine_checks.RASTER_LIBRARIES) == ["libgl1"]


def test_programs_for_tests_are_listed_only_when_asked(monkeypatch):
    monkeypatch.setattr(machine_checks.shutil, "which", lambda name: None)
    assert "chromium" not in missing_apt()
    assert missing_apt(tests=True)[-2:] == ["chromium", "chromium-driver"]


def test_the_demo_asks_for_no_library_of_blenders(monkeypatch):
    monkeypatch.setattr(machine_checks, "_present", lambda library: False)
    monkeypatch.setattr(machine_checks, "_loads", lambda library: False)
    assert "libxrender1" not in missing_apt()
    assert "libegl1" in missing_apt()
    assert {"libxrender1", "libegl1"} < set(missing_apt(blender=True))


def test_what_each_study_lacks_is_said_and_the_others_can_be_run():
    answer = '{"camera": null, "arm": "mujoco is missing.", "arm-squashed": "mujoco is missing."}'
    check = machine_checks._studies(machine_checks._Child(True, answer))
    assert not check.ok
    assert not check.required
    assert check.detail == "1 of 3 can be run; not arm, arm-squashed"
    assert check.fix == "mujoco is missing."
    assert render([check]).endswith("The other studies can be run here: see `worldprobe studies`.")
    assert machine_checks._studies(machine_checks._Child(True, '{"camera": "x"}')).required
    assert machine_checks._studies(machine_checks._Child(False, "No module named 'torch'")).required


def test_sudo_is_named_to_those_who_need_it(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    assert machine_checks._apt(["a", "b"]) == "sudo apt-get install -y --no-install-recommends a b"
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert machine_checks._apt(["a", "b"]) == "apt-get install -y --no-install-recommends a b"


def test_apt_is_answered_without_any_package_installed():
    script = Path(machine_checks.__file__)
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-X", "importtime", str(script), "--apt"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == missing_apt()
    imported = {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
    assert not imported & {"numpy", "torch", "worldprobe", "platformdirs"}


def test_the_rasteriser_and_the_doctor_name_the_same_packages():
    assert tuple(machine_checks.RASTER_LIBRARIES) == APT_PACKAGES


def test_a_cache_folder_that_cannot_be_written_is_refused_with_what_to_set(monkeypatch):
    monkeypatch.setenv("WORLDPROBE_CACHE", "/proc/worldprobe")
    check = machine_checks._disk()
    assert not check.ok
    assert "WORLDPROBE_CACHE" in check.fix


def test_a_full_disk_says_how_much_is_needed(monkeypatch, tmp_path):
    monkeypatch.setenv("WORLDPROBE_CACHE", str(tmp_path))
    usage = machine_checks.shutil.disk_usage(tmp_path)
    monkeypatch.setattr(machine_checks.shutil, "disk_usage", lambda path: usage._replace(free=1 << 30))
    check = machine_checks._disk()
    assert not check.ok
    assert check.detail == f"1 GB free for the cache, {tmp_path}; 2 GB are needed"


@pytest.mark.parametrize(
    ("version", "fine", "told"), [((3, 10, 4), False, "is needed"), ((3, 12, 1), True, "for 3.11 only")]
)
def test_other_pythons_are_told_what_they_lose(monkeypatch, version, fine, told):
    monkeypatch.setattr(sys, "version_info", version)
    check = machine_checks._python()
    assert check.ok is fine
    assert told in check.detail


def test_render_puts_the_mending_command_under_what_is_missing():
    found = [
        MachineCheck("one", True, "fine", "never shown"),
        MachineCheck("two", False, "gone", "install two", required=False),
        MachineCheck("three", False, "gone", "install three"),
    ]
    assert render(found).splitlines() == [
        "ok       one    fine",
        "absent   two    gone",
        "                -> install two",
        "MISSING  three  gone",
        "                -> install three",
        "",
        "Needed before anything can be run: three.",
    ]


@pytest.mark.parametrize(("ok", "required", "status"), [(True, True, 0), (False, False, 0), (False, True, 1)])
def test_the_exit_status_counts_what_is_required(monkeypatch, capsys, ok, required, status):
    monkeypatch.setattr(machine_checks, "checks", lambda: [MachineCheck("one", ok, "seen", required=required)])
    assert main([]) == status
    assert "one" in capsys.readouterr().out
