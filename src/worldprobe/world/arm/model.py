"""The arm's measures, and the MuJoCo model that is built from them: its body, its motors, its stage, its light.

With two joints it is the reacher of the DeepMind Control Suite (arXiv 1801.00690): same geometry, masses, motors,
camera and light, as the tests show against the suite itself. Only its measures are used: the suite is not needed.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import pi
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from worldprobe.errors import MissingDependency


@dataclass(frozen=True)
class Link:
    """A link of the arm: its name, its joint, its length in metres."""

    name: str
    joint: str
    length: float
    """To the next joint, or to the fingertip's centre."""
    bone: float
    """Of what is seen of it, without its round ends."""


CHAINS: dict[int, tuple[Link, ...]] = {
    2: (Link("arm", "shoulder", 0.12, 0.12), Link("hand", "wrist", 0.12, 0.1)),
    3: (Link("arm", "shoulder", 0.08, 0.08), Link("forearm", "elbow", 0.08, 0.08), Link("hand", "wrist", 0.08, 0.06)),
}
"""Number of joints -> the links from the shoulder on; every chain reaches 0.24 m."""

RANGE = 160 * pi / 180
"""Radians to either side that every joint but the shoulder can turn; the shoulder turns all the way round."""
TORQUE, DAMPING, STEP = 0.05, 0.01, 0.02
"""N m that a motor gives at most; N m s of friction in a joint; seconds of a control step, one step of the physics."""
STIFFNESS, BRAKE = 0.1, 0.015
"""Of the servo that replaces a motor: N m for each radian of error and N m s, within the motor's torque."""

THICKNESS = 0.01
"""Metres: the radius of links and fingertip."""
TARGET, TARGET_RADIUS = (0.1, 0.1, 0.01), 0.05
"""Metres: where the paper puts the target, at the model's own size (the suite's tasks change it at a reset)."""
ARENA, WALL = 0.3, 0.02
"""Metres: half the side of the square ground, half the height of its walls."""
ROOT_RADIUS = 0.011
CAMERA_HEIGHT, FOV_DEGREES = 0.75, 45.0

COLOURS = {
    "ground": (0.1, 0.2, 0.3),
    "edge": (0.2, 0.3, 0.4),
    "decoration": (0.3, 0.5, 0.7),
    "link": (0.7, 0.5, 0.3),
    "finger": (0.7, 0.4, 0.2),
    "target": (0.6, 0.3, 0.3),
}
HEADLIGHT = {"ambient": 0.4, "diffuse": 0.8, "specular": 0.1}
LAMP = {"ambient": 0.0, "diffuse": 0.7, "specular": 0.3}
LAMP_HEIGHT, LAMP_CUTOFF_DEGREES, LAMP_EXPONENT = 1.0, 45.0, 10.0
SPECULAR, SHININESS, REFLECTANCE = 0.5, 0.5, 0.2
"""Of every surface: how glossy and how sharply so; of the ground: how much it mirrors."""


def import_mujoco() -> Any:
    """Return the package mujoco; raises MissingDependency where it is not installed."""
    try:
        import mujoco
    except ImportError as error:
        raise MissingDependency("mujoco", "the arm and its physics", 'pip install "worldprobe[arm]"') from error
    return mujoco


def mujoco_model(joints: int, shoulder_limited: bool = False, servo: bool = False) -> Any:
    """Return the arm with two or three joints as an MjModel.

    Its actuators take torques in units of TORQUE, in [-1, 1]. With `servo` they take joint angles in radians instead
    and give the torque of a spring and a brake, at most TORQUE. `shoulder_limited` gives the shoulder the range of the
    other joints. Raises MissingDependency where mujoco is not installed.
    """
    return import_mujoco().MjModel.from_xml_string(mjcf(joints, shoulder_limited, servo))


def mjcf(joints: int, shoulder_limited: bool = False, servo: bool = False) -> str:
    """Return the MJCF text of `mujoco_model`; angles in radians."""
    chain = CHAINS[joints]
    root = Element("mujoco", model=f"arm with {joints} joints")
    _add(root, "compiler", angle="radian")
    # A brake on a light link is stiff: implicitfast steps it implicitly.
    option = _add(root, "option", timestep=STEP, integrator="implicitfast" if servo else "Euler")
    _add(option, "flag", contact="disable")
    world = _add_stage(root)
    _add_chain(world, chain, shoulder_limited)
    actuators = _add(root, "actuator")
    for link in chain:
        if servo:
            gains = {"kp": STIFFNESS, "kv": BRAKE, "forcerange": (-TORQUE, TORQUE)}
            _add(actuators, "position", name=link.joint, joint=link.joint, **gains)
        else:
            _add(actuators, "motor", name=link.joint, joint=link.joint, gear=TORQUE, ctrlrange=(-1, 1))
    return tostring(root, encoding="unicode")


def _add(parent: Element, tag: str, **attributes: Any) -> Element:
    """Add an element; a tuple becomes numbers with spaces between them."""
    text = {k: " ".join(map(str, v)) if isinstance(v, tuple) else str(v) for k, v in attributes.items()}
    return SubElement(parent, tag, text)


def _grey(light: dict[str, float]) -> dict[str, tuple[float, float, float]]:
    return {name: (value,) * 3 for name, value in light.items()}


def _add_stage(root: Element) -> Element:
    """Add light, camera, ground, walls and target; return the world's body."""
    visual = _add(root, "visual")
    _add(visual, "headlight", **_grey(HEADLIGHT))
    _add(visual, "map", znear=0.01)
    _add(visual, "quality", shadowsize=2048)
    assets, gloss = _add(root, "asset"), {"specular": SPECULAR, "shininess": SHININESS}
    for name in ("decoration", "link", "finger", "target"):
        _add(assets, "material", name=name, rgba=(*COLOURS[name], 1), **gloss)
    tiles = {"type": "2d", "builtin": "checker", "mark": "edge", "width": 300, "height": 300}
    ground = {"rgb1": COLOURS["ground"], "rgb2": COLOURS["edge"], "markrgb": COLOURS["edge"]}
    _add(assets, "texture", name="ground", **tiles, **ground)
    _add(assets, "material", name="ground", texture="ground", texuniform="true", reflectance=REFLECTANCE, **gloss)
    world = _add(root, "worldbody")
    cone = {"cutoff": LAMP_CUTOFF_DEGREES, "exponent": LAMP_EXPONENT}
    _add(world, "light", name="light", pos=(0, 0, LAMP_HEIGHT), dir=(0, 0, -1), **cone, **_grey(LAMP))
    _add(world, "camera", name="fixed", pos=(0, 0, CAMERA_HEIGHT), fovy=FOV_DEGREES)
    _add(world, "geom", name="ground", type="plane", size=(ARENA, ARENA, 10), material="ground")
    for name, x, y in (("wall_x", -1, 0), ("wall_y", 0, -1), ("wall_neg_x", 1, 0), ("wall_neg_y", 0, 1)):
        size = (WALL, ARENA, WALL) if x else (ARENA, WALL, WALL)
        place = {"pos": (x * ARENA, y * ARENA, WALL), "zaxis": (-x, -y, 0), "size": size}
        _add(world, "geom", name=name, type="plane", material="decoration", **place)
    pillar = {"fromto": (0, 0, 0, 0, 0, 2 * THICKNESS), "size": ROOT_RADIUS}
    _add(world, "geom", name="root", type="cylinder", material="decoration", **pillar)
    _add(world, "geom", name="target", type="sphere", pos=TARGET, size=TARGET_RADIUS, material="target")
    return world


def _add_chain(world: Element, chain: tuple[Link, ...], shoulder_limited: bool) -> None:
    """Add the links, each a body at the end of the one before, and the fingertip."""
    parent, place = world, (0.0, 0.0, THICKNESS)
    for link in chain:
        parent = _add(parent, "body", name=link.name, pos=place)
        turn: dict[str, Any] = {"axis": (0, 0, 1), "damping": DAMPING}
        if link is not chain[0] or shoulder_limited:
            turn["range"] = (-RANGE, RANGE)
        _add(parent, "joint", name=link.joint, type="hinge", **turn)
        bone = {"fromto": (0, 0, 0, link.bone, 0, 0), "size": THICKNESS, "material": "link"}
        _add(parent, "geom", name=link.name, type="capsule", **bone)
        place = (link.length, 0.0, 0.0)
    finger = _add(parent, "body", name="finger", pos=place)
    _add(finger, "geom", name="finger", type="sphere", size=THICKNESS, material="finger")
