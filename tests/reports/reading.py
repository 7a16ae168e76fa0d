"""Reads a report back: its tables with their exact numbers, its text, and whatever a browser would load."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from worldprobe.reports import write_report

LOADING = ("src", "href", "srcset", "data", "poster", "action", "xlink:href")
VOID = {"meta", "img", "br", "link", "hr"}


@dataclass
class ReadTable:
    """A table as the page holds it: numbers as their exact values, other cells as text."""

    columns: list[str] = field(default_factory=list)
    rows: list[list[str | float]] = field(default_factory=list)


class Page(HTMLParser):
    """A parsed report; raises AssertionError where its tags are not balanced."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tables: dict[str, ReadTable] = {}
        self.text, self.tags = "", []
        self.loads: list[str] = []
        self._open: list[str] = []
        self._table, self._cell, self._value = ReadTable(), "", None
        self.feed(html)
        assert not self._open, f"never closed: {self._open}"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append((tag, found))
        self.loads += [found[name] or "" for name in LOADING if name in found]
        if tag == "table":
            self._table = ReadTable()
        elif tag in ("td", "th", "caption"):
            self._cell, self._value = "", found.get("data-value")
        if tag == "tr" and "tbody" in self._open:
            self._table.rows.append([])
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_data(self, data: str) -> None:
        if "style" not in self._open and "script" not in self._open:
            self.text += data
        self._cell += data

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag, f"</{tag}> closes nothing"
        if tag == "caption":
            self.tables[self._cell.strip()] = self._table
        elif tag in ("td", "th"):
            if "thead" in self._open:
                self._table.columns.append(self._cell.strip())
            else:
                self._table.rows[-1].append(self._cell.strip() if self._value is None else float(self._value))


@dataclass(frozen=True)
class Written:
    """A results folder with its report: what results.json holds, and the page read back."""

    folder: Path
    results: dict[str, Any]
    page: Page

    @property
    def html(self) -> str:
        """The page as it was written."""
        return (self.folder / "report.html").read_text(encoding="utf8")


def written(folder: Path) -> Page:
    """Write the report of a folder and read it back."""
    return Page(write_report(folder).read_text(encoding="utf8"))


def rewrite(folder: Path, results: dict[str, Any]) -> None:
    """Replace what results.json holds."""
    (folder / "results.json").write_text(json.dumps(results), encoding="utf8")


def results_of(folder: Path) -> dict[str, Any]:
    """Return what results.json holds."""
    found: dict[str, Any] = json.loads((folder / "results.json").read_text(encoding="utf8"))
    return found
