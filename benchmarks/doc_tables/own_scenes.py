"""Scenes of other people's, from file to verdict."""

from __future__ import annotations

from typing import Any

from doc_tables.markdown import ABSENT, RESULTS, markdown, number, recorded

SOURCES = {
    "22_node_groups.blend": "KhronosGroup/glTF-Blender-IO",
    "RobotExpressive.blend": "KhronosGroup/glTF-Blender-IO",
}
OTHERWISE = "SaschaWillems/Vulkan-Assets"


def own_scenes(file: str) -> str:
    """Return one row per scene: its size, how long it took, how near it is to Cycles, what the audit says."""
    if not (RESULTS / file).exists():
        return f"Not recorded: there is no `benchmarks/results/{file}`."
    found = recorded(file)
    head = [
        "scene",
        "of",
        "kB",
        "triangles drawn",
        "camera",
        "seconds to convert, audit",
        "dB, matte",
        "dB, as in the file",
        "speed, room = 1",
        "audit",
    ]
    return markdown(head, [_row(scene) for scene in found["scenes"]])


def _row(scene: dict[str, Any]) -> list[str]:
    name = scene["scene"]
    source = "made by the benchmark" if name.startswith("spheres-") else SOURCES.get(name, OTHERWISE)
    if "refused" in scene:
        return [f"`{name}`", source, *[ABSENT] * 7, scene["refused"]]
    seconds, psnr, audit = scene["seconds"], scene["psnr"], scene["audit"]
    place = "the file's" if scene["camera"].startswith("the file") else scene["camera"].split(": ")[1].split(",")[0]
    gates = list(dict.fromkeys(gate["gate"] for gate in audit["gates"] if gate["verdict"] == audit["verdict"]))
    return [
        f"`{name}`",
        source,
        f"{scene['bytes'] / 1000:,.0f}",
        f"{scene['triangles']:,}",
        place.removesuffix(" the scene"),
        f"{seconds['convert']:.0f}, {seconds['audit']:.0f}",
        number(psnr["matte"], 1),
        number(psnr["original"], 1),
        number(scene["of the room's"]),
        f"{audit['verdict']}{': ' + ', '.join(gates) if gates else ''}",
    ]
