"""A dataset named hf://OWNER/NAME is downloaded into the cache folder and read there; nothing else asks the Hub."""

import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from recordings.lerobot_folders import write_v3
from recordings.walks import walk
from worldprobe.errors import MissingDependency
from worldprobe.recordings import UnreadableFile, read_recording

WALK = walk((9, 4, 12))


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[dict[str, Any]]:
    """Stand in for huggingface_hub, whose Hub has one dataset; return the calls that it gets."""
    calls: list[dict[str, Any]] = []

    def snapshot_download(repo_id: str, **asked: Any) -> str:
        calls.append({"repo_id": repo_id, **asked})
        if repo_id != "lerobot/walk":
            raise FileNotFoundError(f"404: no dataset {repo_id}.")
        write_v3(Path(asked["local_dir"]), WALK)
        return str(asked["local_dir"])

    module = ModuleType("huggingface_hub")
    module.snapshot_download = snapshot_download  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "huggingface_hub", module)
    monkeypatch.setenv("WORLDPROBE_CACHE", str(tmp_path / "cache"))
    return calls


@pytest.mark.parametrize("name", ["hf://lerobot/walk", "hf://datasets/lerobot/walk", Path("hf://lerobot/walk")])
def test_a_lerobot_dataset_is_read_by_its_name(name: str | Path, hub: list[dict[str, Any]], tmp_path: Path) -> None:
    r = read_recording(name)
    assert r.source.format == "lerobot"
    np.testing.assert_array_equal(r.states, WALK.states)
    [call] = hub
    assert (call["repo_id"], call["repo_type"], call["revision"]) == ("lerobot/walk", "dataset", None)
    assert call["local_dir"] == tmp_path / "cache" / "hub" / "lerobot--walk"


def test_revisions_are_kept_apart(hub: list[dict[str, Any]]) -> None:
    read_recording("hf://lerobot/walk@v2.1")
    assert hub[0]["revision"] == "v2.1"
    assert hub[0]["local_dir"].name == "lerobot--walk@v2.1"


def test_what_the_hub_does_not_have_is_one_line(hub: list[dict[str, Any]]) -> None:
    with pytest.raises(UnreadableFile, match=r"the Hub did not give it \(404: no dataset lerobot/lost\)"):
        read_recording("hf://lerobot/lost")


def test_a_path_that_is_not_there_asks_no_one(hub: list[dict[str, Any]]) -> None:
    with pytest.raises(UnreadableFile, match="is named hf://lerobot/walk"):
        read_recording("lerobot/walk")
    for outside in ("hf://../walk", "hf://lerobot/..", "hf://lerobot/walk/../../other"):
        with pytest.raises(UnreadableFile):
            read_recording(outside)
    assert all(".." not in str(call["local_dir"]) for call in hub)


def test_without_the_package_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "huggingface_hub", None)
    with pytest.raises(MissingDependency, match="hub"):
        read_recording("hf://lerobot/walk")
