"""`python -m worldprobe.world.room [--ship] [ROOM ...]`: bake rooms into the cache, or into the package."""

from __future__ import annotations

import argparse

from worldprobe.world.room.bake import SHIPPED, BakeSettings, bake, baked_glb, ship_hero
from worldprobe.world.room.blueprint import blueprint, room_names
from worldprobe.world.room.separate_light import bake_separate_light


def main() -> None:
    """Bake the rooms that are named (all, if none is) and print where each one is."""
    parser = argparse.ArgumentParser(prog="python -m worldprobe.world.room", description=__doc__)
    parser.add_argument("rooms", nargs="*", metavar="ROOM", help=f"of {', '.join(room_names())}; all if none is given")
    parser.add_argument("--ship", action="store_true", help="write into the package instead of the cache")
    options = parser.parse_args()
    for room in options.rooms or room_names():
        plan, path = blueprint(room), SHIPPED / f"{room}.glb"
        if options.ship:
            bake(plan, path, BakeSettings())
            print(ship_hero(plan))
            if plan.lamp_groups:
                bake_separate_light(plan, SHIPPED / f"{room}-light.npz", BakeSettings())
        print(path if options.ship else baked_glb(room))


if __name__ == "__main__":
    main()
