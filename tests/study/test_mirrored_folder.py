"""A results folder at a URL: what arrives there, in which order, and how a study continues from it.

With an S3 store as well, where WORLDPROBE_TEST_S3 is its address and s3fs is installed; moto's server is one:

    pip install 'moto[server]'; python -m moto.server -p 5555    # in an environment of its own
    pip install s3fs; WORLDPROBE_TEST_S3=http://127.0.0.1:5555 python -m pytest -n0 tests/study/test_mirrored_folder.py
"""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.calling import call
from worldprobe.datasets import Store
from worldprobe.errors import InvalidValue, MissingDependency, WorldprobeError
from worldprobe.study import load_study, run_study
from worldprobe.study.mirrored_folder import MirroredFolder, is_url

fsspec = pytest.importorskip("fsspec")


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORLDPROBE_CACHE", str(tmp_path / "cache"))


S3 = os.environ.get("WORLDPROBE_TEST_S3")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """The URL of a new bucket in the S3 store."""
    if S3 is None:
        pytest.skip("WORLDPROBE_TEST_S3 is not set")
    pytest.importorskip("s3fs")
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, os.environ.get(name, "any"))
    monkeypatch.setenv("AWS_DEFAULT_REGION", os.environ.get("AWS_DEFAULT_REGION", "us-east-1"))
    monkeypatch.setenv("AWS_ENDPOINT_URL", S3)
    files, name = fsspec.filesystem("s3", skip_instance_cache=True), f"worldprobe-{secrets.token_hex(8)}"
    files.mkdir(name)
    yield f"s3://{name}"
    files.invalidate_cache()
    files.rm(name, recursive=True)


@pytest.fixture(params=["memory", "file", "s3"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Object stores, where a file appears whole by itself, and a file system, where it does not."""
    if request.param == "s3":
        yield f"{request.getfixturevalue('bucket')}/run"
        return
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
    files.invalidate_cache()
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


@pytest.mark.slow
def test_a_rendered_world_s_study_goes_through_an_s3_store_and_is_that_of_a_folder(
    bucket: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = ("--preset", "smoke", "frames=256", "heldout_frames=128", "training.steps=3", "references.pixels=false")
    url, run = f"{bucket}/camera", ("run", "camera", *few, "--processes", "1", "--out")
    assert call(*run, str(tmp_path / "here")).status == 0
    assert call(*run, url).status == 0
    arrived = there(url)
    made = {path.relative_to(tmp_path / "here").as_posix(): path for path in (tmp_path / "here").rglob("*")}
    assert set(arrived) == {name for name, path in made.items() if path.is_file()}
    pictures = [name for name in arrived if name.endswith(".png")]
    assert "hero.png" in pictures
    for name in [*pictures, *(name for name in arrived if name.endswith("encoder.pt"))]:
        assert arrived[name] == made[name].read_bytes(), name
    # On another machine the same command fetches all of it, and makes nothing.
    monkeypatch.setenv("WORLDPROBE_CACHE", str(tmp_path / "other"))
    assert call(*run, url).status == 0
    runs = [name for name in arrived if name.endswith("run.json")]
    assert len(runs) > 3
    assert {name: there(url)[name] for name in runs} == {name: arrived[name] for name in runs}
    assert not list((tmp_path / "other").rglob("*.npy"))
