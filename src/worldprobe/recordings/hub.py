"""Datasets by their name on the Hugging Face Hub: `hf://OWNER/NAME`, downloaded once into the cache folder."""

from __future__ import annotations

import re
from pathlib import Path

from worldprobe._util.files import cache_dir, inside
from worldprobe.recordings.problems import UnreadableFile, needing

_NAMED = re.compile(r"hf:/{1,2}(?:datasets/)?(\w[\w.-]*)/(\w[\w.-]*)(?:@([\w./-]+))?/?")
_LIKE_A_NAME = re.compile(r"[\w-][\w.-]*/[\w-][\w.-]*")


def downloaded(path: str | Path) -> Path | None:
    """Return the folder of a dataset that is named `hf://OWNER/NAME[@REVISION]`; None for any other path.

    A path is read on this machine unless it begins with "hf:": nothing is fetched for a folder's name that is mistyped.
    Raises MissingDependency where the extra `hub` is not installed, and UnreadableFile where the Hub does not give it.
    """
    named = _NAMED.fullmatch(str(path))
    if named is None:
        return None
    owner, name, revision = named.groups()
    with needing("huggingface_hub", f"the dataset {owner}/{name}", extra="hub"):
        from huggingface_hub import snapshot_download
    # Files of its own, not links into a shared store: a data set reads nothing outside of its folder.
    folder = inside(cache_dir(), "hub", f"{owner}--{name}" + (f"@{revision.replace('/', '-')}" if revision else ""))
    try:
        snapshot_download(f"{owner}/{name}", repo_type="dataset", revision=revision, local_dir=folder)
    except (OSError, ValueError) as error:
        said = " ".join(str(error).split()).rstrip(".") or type(error).__name__
        mend = "Is that its name, and is there a network? A copy on this machine can be read by its path."
        raise UnreadableFile(Path(str(path)), f"the Hub did not give it ({said})", mend) from error
    return folder


def hint(path: str | Path) -> str:
    """Return how to ask for a dataset of the Hub, for a path that is not there and looks like such a name; else ""."""
    return f"A dataset on the Hugging Face Hub is named hf://{path}." if _LIKE_A_NAME.fullmatch(str(path)) else ""
