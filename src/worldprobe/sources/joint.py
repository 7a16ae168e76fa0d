"""One test set for several sources: what each of them kept out of training, in equal shares."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from jaxtyping import Int, Shaped

from worldprobe.errors import InvalidValue
from worldprobe.explore.regime import Pairs
from worldprobe.sources.source import NO_PAIRS, Sample, Source, Split
from worldprobe.world.world import Control


@dataclass(frozen=True, eq=False)
class JointSample(Sample):
    """The samples of several sources, one after the other."""

    parts: tuple[Sample, ...] = ()


class Joint(Source):
    """Several sources with the same controls and shape of frames, by label; of each as many frames, without pairs."""

    draws: ClassVar[bool] = False

    def __init__(self, sources: Mapping[str, Source]) -> None:
        self.sources = dict(sources)
        names = dict.fromkeys(source.world_name for source in self.sources.values())
        self.world_name = " and ".join(names)

    @property
    def controls(self) -> tuple[Control, ...]:
        return next(iter(self.sources.values())).controls

    @property
    def observation_shape(self) -> tuple[int, ...]:
        return next(iter(self.sources.values())).observation_shape

    @property
    def fingerprint(self) -> dict[str, Any]:
        parts = [source.fingerprint for source in self.sources.values()]
        explored = [{"name": part["name"], "settings": part["settings"]} for part in parts]
        return {
            "world": {"sources": [part["world"] for part in parts]},
            "name": " and ".join(self.sources),
            "settings": {"sources": explored},
        }

    def sample(self, split: Split, frames: int | None, seed: int) -> Sample:
        """Return equal shares of every source's split; those that have more than the least are thinned evenly.

        At most `frames` in all. Raises InvalidValue where `frames` is None and all sources draw.
        """
        each = None if frames is None else max(1, frames // len(self.sources))
        recorded = [source.sample(split, each, seed) for source in self.sources.values() if not source.draws]
        share = min([len(found) for found in recorded] + ([each] if each is not None else []), default=0)
        if not share:
            raise InvalidValue("frames", frames, "a number, for sources that draw as many as are asked for")
        recordings = iter(recorded)
        parts = tuple(
            (source.sample(split, share, seed) if source.draws else next(recordings)).thinned(share)
            for source in self.sources.values()
        )
        return JointSample(
            Pairs(np.concatenate([part.controls for part in parts]), NO_PAIRS),
            _numbers_of_rows(parts),
            None,
            np.concatenate([place * share + part.starts for place, part in enumerate(parts)]),
            _numbered_on([_blocks(part) for part in parts]),
            parts=parts,
        )

    def frames(self, sample: Sample, rows: Int[np.ndarray, " k"]) -> Shaped[np.ndarray, "k ..."]:
        assert isinstance(sample, JointSample)
        share = len(sample.parts[0])
        shape = self.observation_shape
        found = np.empty((len(rows), *shape), dtype=np.uint8 if len(shape) == 3 else np.float32)
        for place, (source, part) in enumerate(zip(self.sources.values(), sample.parts, strict=True)):
            here = rows // share == place
            if here.any():
                found[here] = source.frames(part, rows[here] - place * share)
        return found

    def first_frame(self) -> Shaped[np.ndarray, "1 ..."]:
        return next(iter(self.sources.values())).first_frame()

    @contextmanager
    def enlarged(self, size: int) -> Iterator[Source]:
        with ExitStack() as opened:
            yield Joint({k: opened.enter_context(s.enlarged(size)) for k, s in self.sources.items()})

    def close(self) -> None:
        for source in self.sources.values():
            source.close()


def _numbers_of_rows(parts: tuple[Sample, ...]) -> Int[np.ndarray, " frames"]:
    return np.concatenate([np.arange(len(part)) if part.rows is None else part.rows for part in parts])


def _blocks(part: Sample) -> Int[np.ndarray, " frames"]:
    return np.arange(len(part)) if part.blocks is None else np.unique(part.blocks, return_inverse=True)[1]


def _numbered_on(blocks: list[np.ndarray]) -> Int[np.ndarray, " frames"]:
    found, count = [], 0
    for one in blocks:
        found.append(one + count)
        count += int(one.max()) + 1
    return np.concatenate(found)
