"""Scenes of other people's, from file to verdict: results/own-scenes.json, and the table of docs/own-scene.md.

    python benchmarks/own_scenes.py FOLDER_OR_FILE ... [--texels 2048] [--samples 16]

For every scene: seconds of conversion and of the audit of a Gaussian exploration, PSNR against the scene's own Cycles
renders, frames a second at 64 px and, in the same run, of the furnished room: on a machine that does other things, the
ratio of the two says more than either. `--made 100000` adds a scene of spheres in the attic of that many triangles.
Rows of scenes that are not named now are kept.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import Any

from machine import RESULTS, described
from worldprobe._util.files import write_json
from worldprobe._util.seeds import stream
from worldprobe.errors import WorldprobeError
from worldprobe.study import load_study
from worldprobe.study.audit_study import audit_study
from worldprobe.world.room import Room
from worldprobe.world.scene import Scene
from worldprobe.world.scene.conversion_options import ConversionOptions
from worldprobe.world.scene.convert import KINDS, convert
from worldprobe.world.world import World

ASKED = {"seconds, 100k triangles": 300.0, "frames a second, 64 px": 1000.0, "PSNR, dB, median": 24.0}
SIDE, FRAMES, SECONDS = 64, 512, 2.0
KEPT = ("gate", "subject", "verdict", "value", "threshold")
SPHERES = """
import sys
source, target, triangles = open(sys.argv[1]).read(), sys.argv[2], int(sys.argv[3])
sys.argv = ["make_attic.py", target]
exec(compile(source.partition('if __name__ ==')[0], "make_attic.py", "exec"))
main()
rng = np.random.default_rng(0)
paints = [material(f"paint {k}", tuple(rng.uniform(0.1, 0.9, 3))) for k in range(8)]
bpy.ops.mesh.primitive_ico_sphere_add(subdivisions=5, radius=0.2)
first = bpy.context.object
for k in range(triangles // 5120):
    copy = first.copy()
    copy.data = first.data.copy()
    copy.data.materials.append(paints[k % 8])
    copy.location = rng.uniform([-2.2, -0.2, 0.2], [2.2, 2.8, 1.4])
    bpy.context.collection.objects.link(copy)
bpy.data.objects.remove(first)
bpy.ops.wm.save_as_mainfile(filepath=target, compress=True)
"""


def frames_a_second(world: World) -> float:
    """Return how many frames a second a world draws, for at least two seconds."""
    z = stream(0, "benchmark", "own scenes").standard_normal((FRAMES, len(world.controls)))
    world.observe(z)
    start, frames = time.perf_counter(), 0
    while time.perf_counter() - start < SECONDS:
        world.observe(z)
        frames += FRAMES
    return frames / (time.perf_counter() - start)


def verdict(path: Path) -> dict[str, Any]:
    """Audit a Gaussian exploration of a world; return the verdicts and the predicted R2."""
    study = load_study(str(path), [f"world.size={SIDE}"])
    study = study.model_copy(update={"regimes": {"gaussian": study.regimes["gaussian"]}, "expect": {}})
    start = time.perf_counter()
    found = audit_study(study).to_json()
    seconds = round(time.perf_counter() - start, 1)
    predicted = {part["label"]: part["predicted"]["r2"] for part in found["parts"] if part.get("predicted")}
    failing = [{key: gate[key] for key in KEPT} for gate in found["gates"] if gate["verdict"] != "pass"]
    return {"seconds": seconds, "verdict": found["verdict"], "predicted r2": predicted, "gates": failing}


def measured(source: Path, options: ConversionOptions) -> dict[str, Any]:
    """Return everything about one scene; where it is refused, why."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / f"{source.stem}.world"
        start = time.perf_counter()
        try:
            made = convert(source, out, options)
        except WorldprobeError as error:
            return {"scene": source.name, "refused": str(error)}
        seconds = time.perf_counter() - start
        audited = verdict(out)
        with Scene(file=str(out), size=SIDE) as scene, Room(size=SIDE) as room:
            speeds = [(frames_a_second(scene), frames_a_second(room)) for _ in range(3)]
    fidelity = made.fidelity
    before = next((note for note in made.notes if "merged" in note), None)
    return {
        "scene": source.name,
        "bytes": source.stat().st_size,
        "triangles": made.triangles,
        "merged": before,
        "camera": made.camera.chosen_by,
        "seconds": {"convert": round(seconds, 1), "audit": audited.pop("seconds")},
        "psnr": None
        if fidelity is None
        else {"matte": median(fidelity.matte), "original": median(fidelity.original), "worst": min(fidelity.matte)},
        "frames a second": round(median(own for own, _ in speeds)),
        "of the room's": round(median(own / rooms for own, rooms in speeds), 3),
        "changed": [surface.name for surface in made.materials if surface.treatment != "matte"],
        "notes": made.notes,
        "audit": audited,
    }


def main() -> None:
    """Convert and audit every scene that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("scenes", nargs="*", type=Path)
    parser.add_argument("--texels", type=int, default=2048)
    parser.add_argument("--samples", type=int, default=16)
    parser.add_argument("--made", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS / "own-scenes.json")
    given = parser.parse_args()
    files = [file for path in given.scenes for file in (sorted(path.rglob("*")) if path.is_dir() else [path])]
    options = ConversionOptions(texels=given.texels, samples=given.samples)
    with tempfile.TemporaryDirectory() as folder:
        if given.made:
            attic = Path(__file__).parents[1] / "examples" / "make_attic.py"
            target = Path(folder) / f"spheres-{given.made // 1000}k.blend"
            subprocess.run([sys.executable, "-c", SPHERES, attic, target, str(given.made)], check=True)
            files.insert(0, target)
        found = json.loads(given.out.read_text(encoding="utf8"))["scenes"] if given.out.exists() else []
        for file in files:
            if file.suffix.lower() in KINDS:
                row = measured(file, options) | {"load average at the end": round(os.getloadavg()[0], 2)}
                print({key: value for key, value in row.items() if key != "audit"}, flush=True)
                found = [one for one in found if one["scene"] != row["scene"]] + [row]
                write_json(given.out, {"machine": described(), "asked": ASKED, "scenes": found})


if __name__ == "__main__":
    main()
