"""The public SIGReg codes, tested as they are: results/public_sigreg.json, the table in docs/sigreg-conformance.md.

    mkdir clones && cd clones
    for repository in rbalestr-lab/lejepa lightly-ai/lightly klindtlab/lejepa-identifiability \\
        galilai-group/stable-worldmodel galilai-group/stable-pretraining facebookresearch/eb_jepa kreasof-ai/sigreg
    do git clone https://github.com/$repository; done
    git clone lightly lightly-a00699b && git -C lightly-a00699b checkout a00699b
    cd .. && python benchmarks/public_sigreg.py clones

Parts of these repositories are executed (see public_losses.py), in this process and in pairs of gloo processes.
"""

from __future__ import annotations

import argparse
import os
import subprocess
from pathlib import Path
from typing import Any

from machine import RESULTS, described
from worldprobe import check_sigreg
from worldprobe._util.files import write_json
from worldprobe.errors import WorldprobeError

LOSSES = Path(__file__).parent / "public_losses.py"

CODES = {
    "lejepa": ("lejepa", "lejepa, the package"),
    "lejepa_minimal": ("lejepa", "lejepa, `MINIMAL.md`"),
    "lejepa_minimal_on_cpu": ("lejepa", "the same, directions on the embeddings' device"),
    "lightly": ("lightly", "lightly, `gather_distributed=True`"),
    "lightly_before_1923": ("lightly-a00699b", "lightly before its pull request 1923"),
    "lejepa_identifiability": ("lejepa-identifiability", "lejepa-identifiability"),
    "stable_worldmodel": ("stable-worldmodel", "stable-worldmodel, with LeWM's loss"),
    "stable_pretraining": ("stable-pretraining", "stable-pretraining"),
    "eb_jepa": ("eb_jepa", "eb_jepa, `BCS`"),
    "weak_sigreg": ("sigreg", "kreasof-ai/sigreg, `sigreg_strong_loss`"),
}
"""Every loss of public_losses.py: its clone, and what it is."""


def tested(name: str, clone: Path) -> dict[str, Any]:
    """Return what is found of one code, or the reason why it cannot be tested."""
    commit = subprocess.run(["git", "-C", str(clone), "rev-parse", "--short=7", "HEAD"], capture_output=True, text=True)
    found: dict[str, Any] = {"code": CODES[name][1], "commit": commit.stdout.strip()}
    try:
        report = check_sigreg(f"{LOSSES}:{name}").to_json()
    except WorldprobeError as error:
        return found | {"refused": str(error)}
    kept = ("passed", "findings", "notes", "scaling", "quadrature", "views", "two_processes", "agrees_with", "lambda")
    return found | {key: report[key] for key in kept} | {"form": (report["weighting"] or {}).get("form")}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("clones", type=Path, help="the folder with the repositories")
    asked = parser.parse_args()
    lacking = sorted({clone for clone, _ in CODES.values() if not (asked.clones / clone).is_dir()})
    if lacking:
        parser.error(f"{asked.clones} has no {', '.join(lacking)}: clone them as `--help` shows")
    os.environ["PUBLIC_CLONES"] = str(asked.clones.resolve())
    rows = {}
    for name, (clone, _) in CODES.items():
        rows[name] = tested(name, asked.clones / clone)
        print(name, [each["name"] for each in rows[name].get("findings", [])] or rows[name].get("refused", "passes"))
    write_json(RESULTS / "public_sigreg.json", {"machine": described(), "codes": rows})


if __name__ == "__main__":
    main()
