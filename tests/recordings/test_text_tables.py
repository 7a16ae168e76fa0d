"""Tables in text by their content: separators, header lines or none, names in comments, decimal commas."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from worldprobe.recordings import SeveralReadings, UnknownLayout, read_recording
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


@pytest.mark.parametrize("content", ["hello", "It was a dark night.\nIt rained.\n", "7\n", "a,b\n\0,c\n"])
def test_text_that_is_no_table_is_not_recognised(content: str, tmp_path: Path) -> None:
    (tmp_path / "w.txt").write_text(content)
    assert recognised(tmp_path / "w.txt") == []
    with pytest.raises(UnknownLayout):
        read_recording(tmp_path / "w.txt")


@pytest.mark.parametrize("space", ["", " "])
def test_a_first_row_of_picture_files_and_numbers_is_no_header(space: str, tmp_path: Path) -> None:
    (tmp_path / "IMG").mkdir()
    lines = []
    for row in range(6):
        for side in ("center", "left"):
            Image.new("RGB", (12, 8), (10 * row, 0, 0)).save(tmp_path / "IMG" / f"{side}_{row}.png")
        fields = [rf"C:\Users\A Name\IMG\{side}_{row}.png" for side in ("center", "left")] + ["0", "0", f"{row}.5"]
        lines.append(f",{space}".join(fields))
    (tmp_path / "driving_log.csv").write_text("\n".join(lines) + "\n")
    with pytest.raises(SeveralReadings, match=r"frames: c0, c1\."):  # the folder that they lie in is no third one
        read_recording(tmp_path)
    r = read_recording(tmp_path, frames="c1")
    assert r.names == ("c2", "c3", "c4")
    np.testing.assert_array_equal(r.states[:, 2], np.arange(6) + 0.5)
    assert r.frames is not None
    assert r.frames.read(np.arange(6))[:, 0, 0, 0].tolist() == [0, 10, 20, 30, 40, 50]


@pytest.mark.parametrize(
    ("first", "second", "names"),
    [
        (",0,1", "0,2.5,3.5", ("0", "1")),  # what pandas writes for columns without names
        ("time,0,1", "0,2.5,3.5", ("0", "1")),
        ("2,,1", "0,2.5,3.5", ("c0", "c1", "c2")),
    ],
)
def test_numbers_may_name_columns_where_the_row_below_says_so(
    first: str, second: str, names: tuple[str, ...], tmp_path: Path
) -> None:
    (tmp_path / "w.csv").write_text(f"{first}\n{second}\n1,4.5,6.5\n")
    assert read_recording(tmp_path / "w.csv", drop_bad=True).names == names


def test_one_number_a_line_is_a_table_too(tmp_path: Path) -> None:
    (tmp_path / "speed.txt").write_text("28.1\n28.2\n29.5\n")
    r = read_recording(tmp_path / "speed.txt")
    np.testing.assert_array_equal(r.states, [[28.1], [28.2], [29.5]])
    assert r.chosen["format"] == "csv, no header line, its column is c0"


def test_tables_in_a_folder_may_be_called_txt(tmp_path: Path) -> None:
    for number in (10, 2):
        (tmp_path / f"{number}.txt").write_text(f"{number} 1.5\n{number} 2.5\n")
    (tmp_path / "README.txt").write_text("Two drives.\n")
    r = read_recording(tmp_path)
    np.testing.assert_array_equal(r.states[:, 0], [2, 2, 10, 10])
    np.testing.assert_array_equal(r.episodes, [0, 2])
