"""What all commands hang on: the application, and the options that stand before or after any command's name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from worldprobe._util.text import foreign_character
from worldprobe.cli.terminal import console
from worldprobe.cli.unread_options import Command
from worldprobe.errors import InvalidValue
from worldprobe.plugins import include as include_file

__all__ = ["app", "console"]

INCLUDE = "--include"


class CommandGroup(TyperGroup):
    """The commands, whose arguments are text, and files to include named anywhere among them."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Refuse what is no text, execute the files that --include names, and parse the rest."""
        for argument in args:
            if foreign := foreign_character(argument):
                raise InvalidValue("argument", argument, "text", f"It has the character {foreign}.")
        args, files = _without_includes(args)
        if not ctx.resilient_parsing:
            for file in files:
                include_file(file)
        return super().parse_args(ctx, args)


def _without_includes(args: list[str]) -> tuple[list[str], list[Path]]:
    """Return the arguments without `--include FILE` and `--include=FILE`, and those files; all after "--" stay."""
    kept: list[str] = []
    files: list[Path] = []
    rest = iter(args)
    for argument in rest:
        if argument == "--":
            return [*kept, argument, *rest], files
        name, equals, file = argument.partition("=")
        if name != INCLUDE:
            kept.append(argument)
            continue
        given = file if equals else next(rest, "")
        if not given:
            raise InvalidValue(INCLUDE, None, "a Python file that registers components")
        files.append(Path(given))
    return kept, files


class Application(typer.Typer):
    """The application, whose commands know which options were typed."""

    def command(self, name: str | None = None, **settings: Any) -> Any:
        """Return a decorator that adds a function as a command."""
        return super().command(name, cls=Command, **settings)


app = Application(
    name="worldprobe",
    cls=CommandGroup,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> bool:
    if asked:
        from importlib.metadata import version

        print(f"worldprobe {version('worldprobe')}")
        raise typer.Exit
    return asked


@app.callback()
def _options(
    include: Annotated[
        list[Path] | None,
        typer.Option(
            INCLUDE,
            metavar="FILE",
            help="Execute a Python file that registers worlds, regimes, encoders ... of your own (before or after the "
            "command's name; may be repeated).",
        ),
    ] = None,
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Find out whether a world model can be learned from the way a world is explored."""
