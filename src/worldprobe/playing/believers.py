"""The encoders that are played: each reads the controls from what it sees, through its linear probe."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

from worldprobe.errors import WorldprobeError
from worldprobe.playing.own_paths import own_paths
from worldprobe.playing.played_folder import PlayedFolder
from worldprobe.results import Run
from worldprobe.results.condition_colours import run_colours


@dataclass(frozen=True, eq=False)
class Believer:
    """An encoder with its probe: where it believes the controls to be."""

    run: Run
    name: str
    colour: tuple[int, int, int]
    encoder: Any
    """A `ProbedEncoder`; its module needs torch, and is imported only when encoders are loaded."""

    def __call__(self, observations: Shaped[np.ndarray, "N ..."]) -> Float[np.ndarray, "N n"]:
        """Return the controls as the probe reads them, in standard units."""
        return np.asarray(self.encoder(observations), dtype=np.float64)


class Believers:
    """The encoders of a folder, loaded one after the other; those that are ready can be asked at any time."""

    def __init__(self, folder: PlayedFolder) -> None:
        self.folder = folder
        self.colours = run_colours(folder.results.summary, folder.runs)
        self.ready: list[Believer] = []
        self.problems: dict[str, str] = {}
        """Why an encoder could not be loaded, by run."""
        self.paths: dict[str, Float[np.ndarray, "states n"]] = {}
        """What the explorations visit, in their own order; empty until it is known."""
        self.done = threading.Event()

    def load(self, loaded: Callable[[], None] = lambda: None) -> None:
        """Load every encoder, then the explorations' paths; `loaded` is called after each."""
        from worldprobe.study.probed_encoder import probed_encoder

        for run in self.folder.runs:
            try:
                encoder = probed_encoder(self.folder.path, run.id)
            except (WorldprobeError, OSError, RuntimeError, ValueError) as error:  # torch's are RuntimeErrors
                self.problems[run.id] = " ".join(str(error).split())[:300]
            else:
                self.ready.append(Believer(run, self.folder.names[run.id], self.colours[run.id], encoder))
            loaded()
        if not self.folder.recorded:
            try:
                self.paths = own_paths(self.folder)
            except (WorldprobeError, ValueError) as error:
                self.problems["paths"] = " ".join(str(error).split())[:300]
        self.done.set()
        loaded()
