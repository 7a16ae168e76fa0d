"""Makes every material matte: what a surface reflects becomes diffuse, what it emits stays, what is clear is left out.

A baked texture shows the same light from everywhere, so reflections that move with the camera cannot be kept.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import bpy

from worldprobe.world.scene.in_blender.joining import COLOUR, GENERATED, LOCAL, RANDOM, UV

GLOSSY = {"BSDF_GLOSSY", "BSDF_ANISOTROPIC", "BSDF_METALLIC", "BSDF_HAIR", "BSDF_HAIR_PRINCIPLED", "BSDF_SHEEN"}
CLEAR = {"BSDF_GLASS", "BSDF_REFRACTION"}
OTHER = {"BSDF_TRANSLUCENT", "BSDF_TOON", "SUBSURFACE_SCATTERING", "BSDF_RAY_PORTAL", "EEVEE_SPECULAR"}
SHINY_METAL, SHINY_ROUGHNESS, CLEAR_SHARE = 0.5, 0.3, 0.5
PROCEDURAL = {"TEX_NOISE", "TEX_VORONOI", "TEX_WAVE", "TEX_MAGIC", "TEX_GRADIENT", "TEX_CHECKER", "TEX_BRICK"}
PROCEDURAL |= {"TEX_WHITE_NOISE", "TEX_GABOR"}


def make_matte(palette: list[Any]) -> list[dict[str, str]]:
    """Convert all materials in place; return the name and treatment of each one that the scene shows.

    Treatments are "matte" (nothing changed), "glossy made matte", "clear, left out" and "cut out".
    """
    described = []
    for place, material in enumerate(palette):
        if material is None or material.node_tree is None or not material.use_nodes:
            palette[place] = material = _plain(material)
        described.append({"name": material.name, "treatment": _treatment(material)})
    trees = {tree.as_pointer(): tree for tree in _trees(palette)}
    for tree in trees.values():
        for node in list(tree.nodes):
            if node.type in SURFACES:
                SURFACES[node.type](tree, node)
        _ask_attributes(tree)
    return described


def whiten(palette: list[Any]) -> None:
    """Make every surface white to the baking ray, and leave it as it is to light that bounces."""
    for material in palette:
        tree = material.node_tree
        output = _output(tree)
        link = next(iter(output.inputs["Surface"].links), None)
        path, mix = tree.nodes.new("ShaderNodeLightPath"), tree.nodes.new("ShaderNodeMixShader")
        white = tree.nodes.new("ShaderNodeBsdfDiffuse")
        white.inputs["Color"].default_value = (1.0, 1.0, 1.0, 1.0)
        bump = next(
            (n for n in tree.nodes if n.type == "BSDF_DIFFUSE" and n is not white and n.inputs["Normal"].links), None
        )
        if bump is not None:
            tree.links.new(bump.inputs["Normal"].links[0].from_socket, white.inputs["Normal"])
        tree.links.new(path.outputs["Is Camera Ray"], mix.inputs[0])
        if link is not None:
            tree.links.new(link.from_socket, mix.inputs[1])
        tree.links.new(white.outputs[0], mix.inputs[2])
        tree.links.new(mix.outputs[0], output.inputs["Surface"])


def _plain(material: Any) -> Any:
    """Return a material of nodes in place of one without: grey, or its viewport colour."""
    made = bpy.data.materials.new(material.name if material else "no material")
    made.use_nodes = True
    colour = material.diffuse_color if material else (0.8, 0.8, 0.8, 1.0)
    surface = next(node for node in made.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    surface.inputs["Base Color"].default_value = (*colour[:3], 1.0)
    return made


def _trees(palette: list[Any]) -> list[Any]:
    found, waiting = [], [material.node_tree for material in palette]
    seen = set()
    while waiting:
        tree = waiting.pop()
        if tree is None or tree.as_pointer() in seen:
            continue
        seen.add(tree.as_pointer())
        found.append(tree)
        waiting += [node.node_tree for node in tree.nodes if node.type == "GROUP"]
    return found


def _treatment(material: Any) -> str:
    surfaces = [node for tree in _trees([material]) for node in tree.nodes]
    if is_clear(material):
        return "clear, left out"
    if any(_shines(node) for node in surfaces):
        return "glossy made matte"
    return "matte"


def _shines(node: Any) -> bool:
    if node.type in GLOSSY | CLEAR:
        return True
    if node.type != "BSDF_PRINCIPLED":
        return False
    metal, rough = _plain_value(node, "Metallic"), _plain_value(node, "Roughness")
    return (metal is None or metal > SHINY_METAL) or (rough is not None and rough < SHINY_ROUGHNESS)


def is_clear(material: Any) -> bool:
    """Whether light passes through most of a surface: glass, or something transparent without a picture of where."""
    output = _output(material.node_tree)
    links = output.inputs["Surface"].links
    if not links:
        return True
    node = links[0].from_node
    if node.type in CLEAR or node.type == "BSDF_TRANSPARENT":
        return True
    if node.type != "BSDF_PRINCIPLED":
        return False
    through, opaque = _plain_value(node, "Transmission Weight"), _plain_value(node, "Alpha")
    return (through is not None and through > CLEAR_SHARE) or (opaque is not None and opaque < 1 - CLEAR_SHARE)


def _plain_value(node: Any, name: str) -> float | None:
    """Return an input's constant, None where a link gives it."""
    socket = node.inputs.get(name)
    return None if socket is None or socket.links else float(socket.default_value)


def _output(tree: Any) -> Any:
    output = tree.get_output_node("CYCLES")
    if output is None:
        output = tree.nodes.new("ShaderNodeOutputMaterial")
    for name in ("Displacement", "Volume"):
        for link in list(output.inputs[name].links):
            tree.links.remove(link)
    return output


def _diffuse(tree: Any, node: Any, colour: str) -> Any:
    made = tree.nodes.new("ShaderNodeBsdfDiffuse")
    _take(tree, node, colour, made.inputs["Color"])
    _take(tree, node, "Normal", made.inputs["Normal"])
    return made


def _take(tree: Any, node: Any, name: str, target: Any) -> None:
    """Give `target` what an input of `node` has: its link or its constant."""
    source = node.inputs.get(name)
    if source is None:
        return
    if source.links:
        tree.links.new(source.links[0].from_socket, target)
    elif target.type != "VECTOR":
        target.default_value = source.default_value


def _replace(tree: Any, node: Any, made: Any) -> None:
    for link in list(node.outputs[0].links):
        tree.links.new(made.outputs[0], link.to_socket)
    tree.nodes.remove(node)


def _from_principled(tree: Any, node: Any) -> None:
    surface = _diffuse(tree, node, "Base Color")
    strength = node.inputs["Emission Strength"]
    if strength.links or strength.default_value > 0:
        glow, both = tree.nodes.new("ShaderNodeEmission"), tree.nodes.new("ShaderNodeAddShader")
        _take(tree, node, "Emission Color", glow.inputs["Color"])
        _take(tree, node, "Emission Strength", glow.inputs["Strength"])
        tree.links.new(surface.outputs[0], both.inputs[0])
        tree.links.new(glow.outputs[0], both.inputs[1])
        surface = both
    if node.inputs["Alpha"].links:
        through, mix = tree.nodes.new("ShaderNodeBsdfTransparent"), tree.nodes.new("ShaderNodeMixShader")
        _take(tree, node, "Alpha", mix.inputs[0])
        tree.links.new(through.outputs[0], mix.inputs[1])
        tree.links.new(surface.outputs[0], mix.inputs[2])
        surface = mix
    _replace(tree, node, surface)


def _from_coloured(tree: Any, node: Any) -> None:
    colour = "Base Color" if "Base Color" in node.inputs else "Color"
    _replace(tree, node, _diffuse(tree, node, colour))


SURFACES: dict[str, Callable[[Any, Any], None]] = {"BSDF_PRINCIPLED": _from_principled} | dict.fromkeys(
    GLOSSY | CLEAR | OTHER, _from_coloured
)


def _ask_attributes(tree: Any) -> None:
    """Read what depends on the object from the corners' attributes."""
    for node in list(tree.nodes):
        if node.type == "TEX_COORD" and node.object is None:
            for output, name in (("Generated", GENERATED), ("Object", LOCAL)):
                _redirect(tree, node.outputs[output], name, "Vector")
            _redirect_uv(tree, node.outputs["UV"])
        elif node.type == "OBJECT_INFO":
            _redirect(tree, node.outputs["Random"], RANDOM, "Fac")
        elif node.type == "VERTEX_COLOR" and not node.layer_name:
            node.layer_name = COLOUR
        elif node.type == "UVMAP" and not node.uv_map:
            node.uv_map = UV
        elif node.type == "TEX_IMAGE" and not node.inputs["Vector"].links:
            _uv(tree, node.inputs["Vector"])
        elif node.type in PROCEDURAL and "Vector" in node.inputs and not node.inputs["Vector"].links:
            attribute = tree.nodes.new("ShaderNodeAttribute")
            attribute.attribute_name = GENERATED
            tree.links.new(attribute.outputs["Vector"], node.inputs["Vector"])
        elif node.type == "NORMAL_MAP" and not node.uv_map:
            node.uv_map = UV


def _redirect(tree: Any, socket: Any, name: str, output: str) -> None:
    if socket.links:
        attribute = tree.nodes.new("ShaderNodeAttribute")
        attribute.attribute_name = name
        for link in list(socket.links):
            tree.links.new(attribute.outputs[output], link.to_socket)


def _redirect_uv(tree: Any, socket: Any) -> None:
    for link in list(socket.links):
        _uv(tree, link.to_socket)


def _uv(tree: Any, socket: Any) -> None:
    place = tree.nodes.new("ShaderNodeUVMap")
    place.uv_map = UV
    tree.links.new(place.outputs["UV"], socket)
