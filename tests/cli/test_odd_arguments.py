"""No argument of any command is a traceback: odd ones are refused in words, with exit status 2, before any work."""

from __future__ import annotations

import string
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.calling import call

ODD = [
    *(
        "",
        " ",
        ".",
        "..",
        "/",
        "../../x",
        "-1",
        "0",
        "nan",
        "1e999",
        "9" * 30,
        "None",
        "[/nope]",
        "pos[x]",
        "{",
        "a: b: c",
    ),
    *(
        "\0",
        "\udc80",
        "\x1b[31m",
        "=",
        "=x",
        "x=",
        "a=b=c",
        "!!python/object:os.system",
        "&a *a",
        "<<",
        "- -",
        "é" * 300,
    ),
    *(
        "study.yaml",
        "log.npz",
        "%s",
        "{}",
        "$HOME",
        "~",
        "~nobody-of-that-name",
        "CON",
        "a" * 5000,
        "\n",
        "\u202e",
        "0x10",
        "1:30",
        "010",
        "y,",
        ",",
        "x,,y",
    ),
]
TEXT = st.one_of(st.sampled_from(ODD), st.text(st.sampled_from(string.punctuation + "ab01 \n\té\udc80\0"), max_size=12))

COMMANDS = [
    ("run", "?", "--preset", "smoke"),
    ("run", "mixings-2d", "?"),
    ("run", "mixings-2d", "seeds=?"),
    ("run", "mixings-2d", "regimes.?=1"),
    ("run", "mixings-2d", "world=?"),
    ("run", "mixings-2d", "title=?"),
    ("run", "mixings-2d", "--preset", "?"),
    ("run", "mixings-2d", "--protocol", "?"),
    ("run", "mixings-2d", "--deviate", "?"),
    ("render", "?"),
    ("render", "arm", "--controls", "?", "--size", "16"),
    ("render", "arm", "--renderer", "?"),
    ("render", "arm", "--size", "?"),
    ("render", "arm", "--views", "?", "--size", "16"),
    ("render", "arm", "--out", "?", "--size", "16"),
    ("render", "spiral", "--out", "?"),
    ("audit", "?"),
    ("audit", "mixings-2d", "?=1"),
    ("audit", "--data", "?"),
    ("audit", "--data", "log.npz", "--states", "?"),
    ("audit", "--data", "log.npz", "--states", "state", "--frames", "?"),
    ("audit", "--data", "log.npz", "--states", "state", "--episode", "?"),
    ("audit", "--data", "log.npz", "--states", "state", "--format", "?"),
    ("audit", "--data", "log.npz", "--states", "state", "--stride", "?"),
    ("measure", "--data", "log.npz", "--embeddings", "?"),
    ("measure", "--data", "?", "--embeddings", "log.npz"),
    ("plan", "?"),
    ("plan", "mixings-2d", "?"),
    ("sign", "?", "--name", "?", "--role", "?", "--verdict", "?"),
    ("report", "?"),
    ("open", "?"),
    ("cache", "?"),
    ("worlds", "?"),
    ("worlds", "--include", "?"),
    ("?",),
]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a broken study and a sound log, in which a study that is not refused is not run either."""
    folder = tmp_path / "here"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for module in ("run", "train_on_recording"):
        monkeypatch.setattr(f"worldprobe.cli.{module}.carry_out", lambda *given, **more: None)
    monkeypatch.setattr("worldprobe.cli.audit._audit_recording", _not_audited)
    (folder / "study.yaml").write_text("name: [", encoding="utf8")
    np.savez("log.npz", state=np.arange(200.0).reshape(-1, 2), clip=np.zeros(100, dtype=np.int64))
    return folder


def _not_audited(data: Path, given: dict[str, object], *more: object) -> object:
    """Read the recording as an audit does, and stop there."""
    from worldprobe.errors import WorldprobeError
    from worldprobe.recordings import read_recording

    read_recording(data, **given)  # type: ignore[arg-type]
    raise WorldprobeError("read")


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_an_odd_argument_is_refused_in_words(command: tuple[str, ...], here: Path) -> None:
    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(odd=TEXT)
    def check(odd: str) -> None:
        done = call(*(part.replace("?", odd) for part in command))
        assert done.status in (0, 1, 2)
        assert done.status != 2 or done.err.strip()
        for text in (done.out, done.err):
            assert not set(text) & {*map(chr, range(32))} - {"\n", "\t"}
            text.encode("utf8")

    check()
    assert sorted(path.name for path in here.parent.iterdir()) == [here.name], "something was written elsewhere"
