"""`worldprobe open` shows a report, that of a folder or the finished one that comes with the package."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import pytest

from worldprobe.cli.open_report import SHIPPED, open_report
from worldprobe.errors import NoResults

FINISHED = SHIPPED[0] / "camera.html"


@pytest.fixture
def opened(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    found: list[str] = []
    monkeypatch.setenv("DISPLAY", ":0")
    monkeypatch.setattr(webbrowser, "open", found.append)
    return found


def test_without_a_folder_the_finished_report_is_shown(opened: list[str]) -> None:
    open_report()
    assert opened == [FINISHED.resolve().as_uri()]
    assert FINISHED.stat().st_size < 2_000_000
    assert "<html" in FINISHED.read_text(encoding="utf8")[:500]


def test_a_folders_own_report_is_shown(opened: list[str], tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("<html>", encoding="utf8")
    open_report(tmp_path)
    assert opened == [(tmp_path / "report.html").resolve().as_uri()]


def test_without_a_screen_the_path_is_printed(
    opened: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("DISPLAY")
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    open_report()
    assert "camera.html" in capsys.readouterr().out.replace("\n", "")
    assert not opened


def test_a_folder_without_a_report_names_the_command_that_writes_it(opened: list[str], tmp_path: Path) -> None:
    with pytest.raises(NoResults, match="worldprobe report"):
        open_report(tmp_path)
    assert not opened
