"""A scene of the user's own as a world: a folder NAME.world that holds one .glb file and a manifest."""

from worldprobe.world.scene.own_scene import Scene

__all__ = ["Scene"]
