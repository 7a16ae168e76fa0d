"""What a Ray cluster gives and takes, how shards are read, and which share of the machine's limits is reached."""

from __future__ import annotations

from typing import Any

from doc_tables.markdown import RESULTS, markdown, number, recorded

OWED = "not recorded yet"


def cluster(file: str) -> str:
    """Return what was asked of a cluster and what was found; a part that was not recorded says so."""
    found = recorded(file) if (RESULTS / file).exists() else {}
    rows = [
        ["24 small runs, on two workers of one core against one", "1.8 times as fast", _sweep(found.get("sweep"))],
        ["`run camera --preset smoke`, what Ray adds, its start included", "under 20 s", _extra(found.get("overhead"))],
        ["a worker killed with -9 in each kind of task", "nothing lost, the same files", _killed(found.get("killed"))],
        [
            "189 runs on 64 nodes that Ray simulates, tasks asleep for their measured times",
            "efficiency 90 %",
            _simulated(found.get("simulated")),
        ],
    ]
    parts = ("sweep", "overhead", "killed", "simulated")
    commands = [f"`python benchmarks/cluster.py --only {part}`" for part in parts]
    return markdown(
        ["what", "asked", "found", "command"], [[*row, line] for row, line in zip(rows, commands, strict=True)]
    )


def _sweep(found: dict[str, Any] | None) -> str:
    if found is None:
        return OWED
    return f"{found['speed-up']:.2f} times ({found['seconds']['1']:.0f} s, {found['seconds']['2']:.0f} s)"


def _extra(found: dict[str, Any] | None) -> str:
    if found is None:
        return OWED
    seconds = {engine: each["median"] for engine, each in found["seconds"].items()}
    return f"{found['extra seconds']['median']:.0f} s ({seconds['local']:.0f} s without, {seconds['ray']:.0f} s with)"


def _killed(found: dict[str, Any] | None) -> str:
    if found is None:
        return OWED
    kinds = ", ".join(found["killed once in each of"])
    return f"{'every file the same' if found['every file as without Ray'] else 'FILES DIFFER'} ({kinds})"


def _simulated(found: dict[str, Any] | None) -> str:
    if found is None:
        return OWED
    without = f"{100 * found['efficiency without any overhead']:.0f} % without any overhead"
    scheduler = 100 * found["scheduler's share"]
    share = f"the scheduler's share of the time {scheduler:.0f} %"
    of = f"with runs of {found['seconds of a task']['runs']:.0f} s"
    return f"{100 * found['efficiency']:.0f} % {of} ({without}; {share})"


def shard_libraries(file: str) -> str:
    """Return the frames a second of every way to store them, and how many times ours that is."""
    if not (RESULTS / file).exists():
        return markdown(["stored as", "frames a second"], [["all of them", OWED]])
    found = recorded(file)
    rows = []
    for what, speed in found["frames_per_second"].items():
        ratio = found["times_ours"].get(what)
        name = "this package's `.npy` shards" if what == "ours" else f"{what} {found['packages'][what]}"
        times = (
            "1" if ratio is None else f"{number(ratio['median'])} ({number(ratio['min'])} to {number(ratio['max'])})"
        )
        rows.append([name, f"{speed['median']:,.0f}", times])
    return markdown(["stored as", "frames a second", "times ours, in the same round"], rows)


def beyond_memory(file: str) -> str:
    """Return how fast a training reads frames from a disk, against the same training in memory."""
    found = recorded(file)
    held = f"{found['data_set_bytes'] / 1e9:.1f} GB, memory limited to {found['limit_bytes'] / 1e9:.1f} GB"
    names = {
        "memory": f"in memory ({found['in_memory_bytes'] / 1e9:.2f} GB)",
        "cold": f"from disk, nothing cached ({held})",
        "warm": f"from disk, read before ({held})",
    }
    rows = [
        [
            name,
            f"{found['frames_per_second'][key]['median']:,.0f}",
            number(found["share_of_in_memory_speed"].get(key, 1), 3),
        ]
        for key, name in names.items()
    ]
    return markdown(["frames", "frames a second trained on", "share of the speed in memory"], rows)


def limits(file: str) -> str:
    """Return what each task took, the least that the machine allows, what sets that, and the share."""
    rows = []
    for name, found in recorded(file)["results"].items():
        least = {"memory": found["ms by bytes"]["median"], "arithmetic": found["ms by operations"]["median"]}
        bound = max(least, key=lambda what: least[what])
        share = found["share"]
        rows.append(
            [
                name,
                f"{found['ms']['median']:.3g} ms",
                f"{least[bound]:.2g} ms",
                f"{bound} ({found['GB/s']['median']:.0f} GB/s, {found['Gop/s']['median']:.0f} Gop/s)",
                f"{100 * share['median']:.0f} % ({100 * share['min']:.0f} to {100 * share['max']:.0f})",
            ]
        )
    return markdown(["task", "takes", "at least", "bound by", "share of the limit reached"], rows)


def demo_parts(file: str) -> str:
    """Return the processor seconds of every part of `make demo`, and their share."""
    parts = recorded(file)["parts"]
    rows = [[name, f"{row['processor seconds']:.0f}", f"{100 * row['share']:.0f} %"] for name, row in parts.items()]
    return markdown(["part of `make demo`", "processor seconds", "share"], rows)
