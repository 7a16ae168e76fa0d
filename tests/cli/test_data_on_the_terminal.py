"""Whatever is data is printed as it is: never as markup, never as a terminal's command."""

from __future__ import annotations

import ast
import io
from pathlib import Path

import pytest
from rich.console import Console

from worldprobe._util.progress import BarReporter, LineReporter
from worldprobe._util.visible import visible
from worldprobe.cli import terminal

ROOT = Path(terminal.__file__).parent
NASTY = ["pos[x]", "[/nope]", "[bold]", ":warning:", "a\\", "\\[b]", "{0}", "{}", "[link=x]y[/link]", "100 %"]
STEERING = "\x1b[31mred\x07\x9b2J\u202e\u2066\ufeff\udc80"


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> io.StringIO:
    out = io.StringIO()
    monkeypatch.setattr(terminal, "console", Console(file=out, emoji=False, highlight=False, width=60))
    return out


@pytest.mark.parametrize("data", NASTY)
def test_data_is_printed_as_it_is(data: str, printed: io.StringIO) -> None:
    terminal.say("[bold]{}[/bold]: {}", data, data)
    assert printed.getvalue() == f"{data}: {data}\n"


@pytest.mark.parametrize("data", NASTY)
def test_a_table_shows_data_as_it_is(data: str, printed: io.StringIO) -> None:
    table = terminal.table(data, data)
    table.add_row(terminal.cell(data))
    terminal.console.print(table)
    assert printed.getvalue().count(data) == 3


def test_a_long_line_is_not_broken(printed: io.StringIO) -> None:
    terminal.say("{}", "path/" * 40)
    assert printed.getvalue() == "path/" * 40 + "\n"


def test_control_characters_become_visible() -> None:
    assert visible(STEERING) == r"\x1b[31mred\x07\x9b2J\u202e\u2066\ufeff\udc80"
    assert visible("two\nlines\tand é, 漢, 🦊") == "two\nlines\tand é, 漢, 🦊"
    assert visible("one\nline", keep="") == r"one\x0aline"


@pytest.mark.parametrize("label", [*NASTY, STEERING])
def test_progress_shows_labels_and_notes_as_they_are(label: str, capsys: pytest.CaptureFixture[str]) -> None:
    for reporter in (LineReporter(), BarReporter()):
        reporter.say(label)
        with reporter.task(label, 2, "frames") as advance:
            advance(2, label)
    shown = capsys.readouterr().err
    assert visible(label) in shown
    assert "\x07" not in shown
    assert "\x9b" not in shown


def interpolated(call: ast.Call) -> list[str]:
    """Return what the f-strings among a call's own arguments interpolate, as it is written."""
    strings = [argument for argument in call.args if isinstance(argument, ast.JoinedStr)]
    return [ast.unparse(part.value) for text in strings for part in text.values if isinstance(part, ast.FormattedValue)]


def test_no_command_prints_data_in_an_f_string() -> None:
    """`say` and `cell` are the only ways: an f-string that is a template may hold a colour, and print what is safe."""
    printing = {"say": {"colour"}, "console.print": set(), "print": {"visible(message)", "version('worldprobe')"}}
    guilty = []
    for path in sorted(ROOT.glob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf8"))):
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and name in printing:
                shown = interpolated(ast.Call(node.func, node.args[:1] if name == "say" else node.args, []))
                guilty += [f"{path.name}:{node.lineno}: {text}" for text in shown if text not in printing[name]]
    assert guilty == []
