"""A browser's connection without a browser: handles that remember what they were given, and can be pressed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any
from unittest.mock import MagicMock


class FakeHandle:
    """One element of a page; setting its value calls back, as the server does."""

    def __init__(self, label: str, value: Any = None, **given: Any) -> None:
        self.label, self._value, self._called = label, value, list[Callable[[Any], object]]()
        self.__dict__.update(given)

    @property
    def value(self) -> Any:
        return self._value

    @value.setter
    def value(self, value: Any) -> None:
        if value != self._value:
            self._value = value
            self.press()

    def on_update(self, call: Callable[[Any], object]) -> None:
        self._called.append(call)

    on_click = on_update

    def press(self) -> None:
        for call in self._called:
            call(SimpleNamespace(target=self))


class FakeGui:
    """The panel of a page; its elements by label."""

    def __init__(self) -> None:
        self.elements: dict[str, FakeHandle] = {}

    def _add(self, label: str, value: Any = None, **given: Any) -> FakeHandle:
        self.elements[label] = FakeHandle(label, value, **given)
        return self.elements[label]

    def add_html(self, content: str) -> FakeHandle:
        return FakeHandle("", content=content)

    add_markdown = add_html

    @contextmanager
    def add_folder(self, label: str, **given: Any) -> Iterator[None]:
        yield

    def add_slider(self, label: str, low: Any, high: Any, step: Any, value: Any, **given: Any) -> FakeHandle:
        return self._add(label, value, min=low, max=high)

    def add_checkbox(self, label: str, value: bool, **given: Any) -> FakeHandle:
        return self._add(label, value)

    def add_button(self, label: str, **given: Any) -> FakeHandle:
        return self._add(label, disabled=given.get("disabled", False))

    def add_dropdown(self, label: str, options: list[str], **given: Any) -> FakeHandle:
        return self._add(label, options[0], options=tuple(options))


class FakeClient:
    """A client with a panel that can be pressed and a scene that remembers nothing."""

    def __init__(self) -> None:
        self.gui, self.scene = FakeGui(), MagicMock()

    @contextmanager
    def atomic(self) -> Iterator[None]:
        yield

    def flush(self) -> None:
        """Do nothing."""
