"""Tables in text by their content: separators, header lines or none, names in comments, decimal commas."""

from pathlib import Path

import numpy as np
import pytest

from worldprobe.recordings import UnknownLayout, read_recording
from worldprobe.recordings.opening import recognised

STATES = np.array([[1.5, 2.0], [1.0, 3.5], [2.5, -4.0]])


@pytest.mark.parametrize(
    ("name", "content", "names", "said"),
    [
        ("w.csv", "1.5,2\n1,3.5\n2.5,-4\n", ("c0", "c1"), "csv, no header line, columns are c0 .. c1"),
        ("w.csv", "# a run\n# x, y\n1.5,2\n1,3.5\n2.5,-4\n", ("x", "y"), "csv"),
        ("w.csv", "x;y\n1,5;2\n1;3,5\n2,5;-4\n", ("x", "y"), "csv, separated by semicolons, decimal commas"),
        ("w.csv", "x\ty\n1.5\t2\n1\t3.5\n2.5\t-4\n", ("x", "y"), "csv"),
        ("w.tsv", "x,y\n1.5,2\n1,3.5\n2.5,-4\n", ("x", "y"), "csv"),
        ("w.txt", "x  y\n1.5   2\n 1 3.5\n2.5 -4\n", ("x", "y"), "csv, separated by spaces"),
        (
            "w.dat",
            "1.5 2\n1 3.5\n2.5 -4",
            ("c0", "c1"),
            "csv, no header line, columns are c0 .. c1, separated by spaces",
        ),
        ("w.txt", "\ufeffx,y\r\n1.5,2\r\n1,3.5\r\n2.5,-4\r\n", ("x", "y"), "csv"),
    ],
)
def test_separator_and_header_are_found_by_content(
    name: str, content: str, names: tuple[str, ...], said: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_bytes(content.encode())
    r = read_recording(tmp_path / name)
    np.testing.assert_array_equal(r.states, STATES)
    assert r.names == names
    assert r.chosen["format"] == said


@pytest.mark.parametrize("content", ["hello", "It was a dark night.\nIt rained.\n", "1\n2\n3\n", "a,b\n\0,c\n"])
def test_text_that_is_no_table_is_not_recognised(content: str, tmp_path: Path) -> None:
    (tmp_path / "w.txt").write_text(content)
    assert recognised(tmp_path / "w.txt") == []
    with pytest.raises(UnknownLayout):
        read_recording(tmp_path / "w.txt")
