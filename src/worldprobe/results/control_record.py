"""The hidden controls of a world, as results keep them."""

from __future__ import annotations

from worldprobe.results.record import Record


class ControlRecord(Record):
    """One hidden control z and the physical quantity that it moves; see `worldprobe.world.Control`."""

    name: str
    unit: str = ""
    scale: float = 1.0
    """What one standard deviation of z is, in `unit`."""
    meaning: str = ""
    centre: float = 0.0
    limit: float | None = None
    """The farthest from the centre that the quantity gets; None where nothing limits it."""
    period: float | None = None
    """Of a cyclic control, an angle: values a period apart look alike."""

    def physical(self, z: float) -> float:
        """Return the physical quantity at a control value z, in `unit`."""
        u = self.scale * z
        return self.centre + (u if self.limit is None else u / (1.0 + (u / self.limit) ** 4) ** 0.25)
