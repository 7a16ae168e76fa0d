"""A results folder at a URL: what arrives there, in which order, and how a study continues from it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from worldprobe.datasets import Store
from worldprobe.errors import InvalidValue, MissingDependency, WorldprobeError
from worldprobe.study import load_study, run_study
from worldprobe.study.mirrored_folder import MirroredFolder, is_url

fsspec = pytest.importorskip("fsspec")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLDPROBE_CACHE", str(tmp_path / "cache"))


@pytest.fixture(params=["memory", "file"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """An object store, where a file appears whole by itself, and a file system, where it does not."""
    if request.param == "file":
        yield f"file://{tmp_path / 'there'}/run"
        return
    yield "memory://bucket/run"
    if (files := fsspec.filesystem("memory")).exists("/bucket"):
        files.rm("/bucket", recursive=True)


def fill(folder: Path, **files: str) -> None:
    for name, text in files.items():
        path = folder / name.replace("__", "/").replace("_json", ".json")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf8")


def there(url: str) -> dict[str, bytes]:
    files, root = fsspec.core.url_to_fs(url)
    return {name[len(root) + 1 :]: files.cat_file(name) for name in files.find(root)}


def test_what_is_finished_arrives_and_comes_back_on_another_machine(url: str) -> None:
    mirror = MirroredFolder(url)
    mirror.check()
    mirror.pull()
    fill(mirror.folder, runs__a__run_json="a", runs__a__checkpoint="no", runs__a__arrays="x", results_json="r")
    (mirror.folder / "runs/a/checkpoint").rename(mirror.folder / "runs/a/0-checkpoint.pt")
    fill(mirror.folder, claims__a="lock")
    (mirror.folder / ".results.json.7.part").write_text("half")
    mirror.push()
    arrived = {"runs/a/run.json": b"a", "runs/a/arrays": b"x", "results.json": b"r"}
    assert there(url) == arrived
    shutil.rmtree(mirror.folder)
    other = MirroredFolder(url)
    other.pull()
    assert {name: (other.folder / name).read_bytes() for name in arrived} == arrived
    fill(other.folder, results_json="more")
    other.push()
    assert there(url) == arrived | {"results.json": b"more"}


def test_only_what_changed_is_copied_and_run_json_after_its_files(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror, copied = MirroredFolder(url), []
    monkeypatch.setattr(mirror, "_put", lambda path, name: copied.append(path.name))
    fill(mirror.folder, runs__a__run_json="a", runs__a__weights="x", runs__b__weights="x", results_json="r")
    mirror.push()
    assert copied == ["weights", "weights", "run.json", "results.json"]
    fill(mirror.folder, results_json="longer")
    mirror.push()
    assert copied[4:] == ["results.json"]


def test_names_at_the_url_never_lead_out_of_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = MirroredFolder("memory://bucket/run")
    monkeypatch.setattr(mirror._files, "exists", lambda root: True)
    monkeypatch.setattr(mirror._files, "find", lambda root: [f"{root}/../../evil"])
    with pytest.raises(WorldprobeError, match="lie outside"):
        mirror.pull()
    assert not list(tmp_path.rglob("evil"))


@pytest.mark.parametrize(
    ("given", "error", "message"),
    [
        ("nothing://bucket/run", InvalidValue, "--out"),
        ("file:///", InvalidValue, "names a folder"),
        ("dropbox://bucket/run", MissingDependency, "pip install"),
    ],
)
def test_urls_that_are_none_are_refused(given: str, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        MirroredFolder(given)


def test_a_place_that_cannot_be_written_is_refused_before_any_work(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(WorldprobeError, match=r"file:///.*cannot be written"):
        MirroredFolder(f"file://{tmp_path}/file/run").check()


def test_paths_of_this_machine_are_no_urls() -> None:
    assert not any(map(is_url, ("runs/a", "/runs/a", "C:\\runs")))
    assert is_url("s3://bucket/run")


@pytest.mark.slow
@pytest.mark.usefixtures("few_predicted")
def test_a_study_continues_from_the_url_where_another_machine_was_killed(
    study_file: Path, store: Store, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    from worldprobe.reports import write_report
    from worldprobe.study import carry_out

    study, made = load_study(study_file, []), []
    score = carry_out.score_run

    def counted(resources: Any, cell: Any, *rest: Any) -> Any:
        if len(made) == 2 and "killed" not in made:
            made.append("killed")
            raise KeyboardInterrupt
        made.append(cell.id)
        return score(resources, cell, *rest)

    monkeypatch.setattr(carry_out, "score_run", counted)
    first = MirroredFolder(url)
    first.pull()
    with pytest.raises(KeyboardInterrupt):
        run_study(study, first.folder, store=store, after_run=lambda folder: first.push())
    first.push()
    shutil.rmtree(first.folder)
    second = MirroredFolder(url)
    second.pull()
    results = run_study(study, second.folder, store=store)
    write_report(second.folder)
    second.push()
    made.remove("killed")
    assert len(made) == len(set(made)) == len(results.runs)
    arrived = set(there(url))
    assert {"study.yaml", "results.json", "report.html"} <= arrived
    assert {f"runs/{run.id}/run.json" for run in results.runs} <= arrived
