"""What every source is: it gives samples of controls and pairs by split, and shows the frames of a sample's rows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, get_args

import numpy as np
from jaxtyping import Float, Int, Shaped

from worldprobe.explore.linear_control import ClosedLoop
from worldprobe.explore.regime import Pairs
from worldprobe.stats.subsample import evenly_spaced
from worldprobe.world.world import Control

Split = Literal["train", "heldout", "probe", "test"]
SPLITS: tuple[Split, ...] = get_args(Split)

NO_PAIRS = np.zeros((0, 2), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Sample:
    """Some frames of a source, before any is drawn: their controls, pairs, actions and episodes.

    Frames are known by their place in the sample, never by their controls: a state that occurs twice has two frames.
    """

    pairs: Pairs
    rows: Int[np.ndarray, " frames"] | None = None
    """Which rows of a recording the frames are; None where nothing was recorded."""
    actions: Float[np.ndarray, "frames a"] | None = None
    """What was done at each frame; NaN where nothing was."""
    episodes: Int[np.ndarray, " episodes"] | None = None
    """The first frame of every episode; None where pairs alone say which frames follow one another (`starts`)."""
    blocks: Int[np.ndarray, " frames"] | None = None
    """Which frames depend on one another: those of one number. None where all are independent."""
    style: Float[np.ndarray, "frames s"] | None = None
    """What is drawn for every frame by itself and is no control: nuisance. None where there is none."""

    def __len__(self) -> int:
        return len(self.pairs.controls)

    @property
    def controls(self) -> Float[np.ndarray, "frames n"]:
        """The controls of every frame, float32."""
        return self.pairs.controls

    @property
    def index(self) -> Int[np.ndarray, "pairs 2"]:
        """Which frames form pairs."""
        return self.pairs.index

    @property
    def starts(self) -> Int[np.ndarray, " episodes"]:
        """The first frame of every episode; where none are named, the frames that no pair spans begin one."""
        if self.episodes is not None:
            return self.episodes
        spans = np.zeros(len(self) + 1, dtype=np.int64)
        np.add.at(spans, self.index.min(axis=1) + 1, 1)
        np.add.at(spans, self.index.max(axis=1) + 1, -1)
        return np.flatnonzero(np.cumsum(spans)[:-1] == 0)

    def thinned(self, frames: int) -> Sample:
        """Return at most so many of the frames, evenly spread, without pairs."""
        kept = evenly_spaced(len(self), frames)
        return Sample(
            Pairs(self.controls[kept], NO_PAIRS),
            None if self.rows is None else self.rows[kept],
            None if self.actions is None else self.actions[kept],
            np.unique(np.minimum(np.searchsorted(kept, self.starts), len(kept) - 1)),
            None if self.blocks is None else self.blocks[kept],
            None if self.style is None else self.style[kept],
        )


class Source(ABC):
    """Where pairs and frames come from.

    The same split, number of frames and seed give the same sample, and the same rows of a sample the same frames, to
    the byte, in any order. Splits share no frame. Use it as a context manager, or call `close`, where a world may hold
    processes.
    """

    world_name: str
    """What results call that which is seen: a world's name, or "recording"."""
    draws: ClassVar[bool] = True
    """Whether it gives as many frames as are asked for; a recording has no more than were recorded."""

    @property
    @abstractmethod
    def controls(self) -> tuple[Control, ...]:
        """The controls, in the order of the columns of a sample's."""

    @property
    @abstractmethod
    def observation_shape(self) -> tuple[int, ...]:
        """(H, W, 3) where observations are uint8 frames, (m,) where they are float32 vectors."""

    @property
    @abstractmethod
    def fingerprint(self) -> dict[str, Any]:
        """All that samples and frames depend on besides split, number and seed, JSON-able.

        {"world": what the frames of given rows depend on, "name": what explores it, "settings": of the exploration}.
        """

    @abstractmethod
    def sample(self, split: Split, frames: int | None, seed: int) -> Sample:
        """Return a sample of a split; no frame is drawn.

        A source that draws gives exactly `frames`, another at most so many, and all where it is None. Raises
        InvalidValue where there is no such sample.
        """

    @abstractmethod
    def frames(self, sample: Sample, rows: Int[np.ndarray, " k"]) -> Shaped[np.ndarray, "k ..."]:
        """Return the observations of some places of a sample of this source, in the order asked for."""

    @abstractmethod
    def first_frame(self) -> Shaped[np.ndarray, "1 ..."]:
        """Return one observation, so that what is lacking on this machine is found before any work."""

    def exact_correlation(self) -> Float[np.ndarray, " n"] | None:
        """Return each control's exact correlation between the members of a pair; None where it is not known."""
        return None

    def exact_prediction_error(self) -> float | None:
        """Return the least E|p(h(z), a) - h(z')|^2 / d of a whitened linear encoder; None where it is not known."""
        return None

    def dynamics(self) -> ClosedLoop | None:
        """Return how actions move the controls, and the policy; None where that is not known, or not linear."""
        return None

    def exact_marginal(self) -> str | None:
        """Return the exact marginal of the controls in words; None where it is not known."""
        return None

    @property
    def ornstein_uhlenbeck(self) -> bool:
        """Whether pairs are those of Theorems 1 and 3."""
        return False

    @contextmanager
    def enlarged(self, size: int) -> Iterator[Source]:
        """Give this source with frames of `size` pixels, for people to look at; unchanged where it has one size."""
        yield self

    def close(self) -> None:  # noqa: B027 - most sources hold nothing
        """Give back what it holds; it may be used again."""

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()
