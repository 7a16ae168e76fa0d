"""A callback for Lightning's trainer, without importing Lightning: every hook that is not ours does nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


class LightningHooks:
    """Measures at the end of training batches, and takes part in nothing else of Lightning's loop."""

    state_key = "worldprobe.RecoveryCallback"

    def __init__(self, batch_end: Callable[[Any, Any], None]) -> None:
        self._batch_end = batch_end

    def on_train_batch_end(self, trainer: Any, module: Any, *_: Any) -> None:
        """Measure and log, where it is due."""
        self._batch_end(trainer, module)

    def state_dict(self) -> dict[str, Any]:
        """Return what a checkpoint keeps of it: nothing."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take what a checkpoint kept of it."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("on_") or name in ("setup", "teardown"):
            return _nothing
        raise AttributeError(f"{type(self).__name__} has no {name!r}")


def _nothing(*_: Any, **__: Any) -> None:
    """Do nothing at a hook."""
