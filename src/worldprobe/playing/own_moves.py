"""Tells what the page itself sets from what a viewer moves: setting an element calls back, in the same thread."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class OwnMoves(threading.local):
    """Whether this thread is setting elements for the page; their callbacks then have nothing to do."""

    going_on = False

    @contextmanager
    def __call__(self) -> Iterator[None]:
        """Set elements within this context."""
        self.going_on = True
        try:
            yield
        finally:
            self.going_on = False
