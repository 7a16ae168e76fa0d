"""worldprobe finds out whether a world model can be learned from the way a world is explored.

    import worldprobe as wp

    wp.audit("camera")              before any training: what each exploration of a study can teach, and what fails
    wp.run("camera", preset="cpu")  render, train, measure; the results and one HTML report
    wp.measure(encoder, "log.h5")   what a trained encoder, or its embeddings, recovers of the states of a log
    wp.recover(h, z)                how linear embeddings of your own are in the states
    wp.worlds, wp.regimes ...       what there is, by name; `wp.register` adds to it

Every name is imported when it is first used: `import worldprobe` itself needs no other package.
"""

from __future__ import annotations

from importlib import import_module

from worldprobe._util.threads import wait_passively

wait_passively()

TYPE_CHECKING = False  # type checkers take it as true; importing `typing` would be most of this module's time
if TYPE_CHECKING:
    from typing import Any

    from worldprobe import errors
    from worldprobe.api.arrays import bound, decompose, predict, recover
    from worldprobe.api.studies import audit, load_study, plan, recorded_study, report, run
    from worldprobe.audits.gate import GATES as gates
    from worldprobe.conformance.check_sigreg import check_sigreg
    from worldprobe.contracts.encoder_contract import check_encoder
    from worldprobe.contracts.regime_contract import check_regime
    from worldprobe.contracts.source_contract import check_source
    from worldprobe.contracts.world_contract import check_world
    from worldprobe.evaluation.measuring import measure
    from worldprobe.explore.regime import REGIMES as regimes
    from worldprobe.explore.regime import Pairs, Regime
    from worldprobe.playing.page_server import play
    from worldprobe.plugins import include, register
    from worldprobe.recordings import describe, read_recording
    from worldprobe.recordings.columns import Column
    from worldprobe.recordings.formats.format import FORMATS as formats
    from worldprobe.recordings.formats.format import Format, Opened
    from worldprobe.results import Results
    from worldprobe.sources import Recorded, Simulated, Source
    from worldprobe.train.encoders import ENCODERS as encoders
    from worldprobe.train.encoders import Encoder
    from worldprobe.train.objectives import OBJECTIVES as objectives
    from worldprobe.train.objectives import Objective
    from worldprobe.train.recovery_callback import RecoveryCallback
    from worldprobe.world.world import WORLDS as worlds
    from worldprobe.world.world import Control, World

_HOMES = {
    "worlds": "worldprobe.world.world:WORLDS",
    "regimes": "worldprobe.explore.regime:REGIMES",
    "encoders": "worldprobe.train.encoders:ENCODERS",
    "objectives": "worldprobe.train.objectives:OBJECTIVES",
    "formats": "worldprobe.recordings.formats.format:FORMATS",
    "gates": "worldprobe.audits.gate:GATES",
    "World": "worldprobe.world.world:World",
    "Control": "worldprobe.world.world:Control",
    "Regime": "worldprobe.explore.regime:Regime",
    "Pairs": "worldprobe.explore.regime:Pairs",
    "Source": "worldprobe.sources:Source",
    "Simulated": "worldprobe.sources:Simulated",
    "Recorded": "worldprobe.sources:Recorded",
    "Encoder": "worldprobe.train.encoders:Encoder",
    "Objective": "worldprobe.train.objectives:Objective",
    "Format": "worldprobe.recordings.formats.format:Format",
    "Opened": "worldprobe.recordings.formats.format:Opened",
    "Column": "worldprobe.recordings.columns:Column",
    "register": "worldprobe.plugins:register",
    "include": "worldprobe.plugins:include",
    "check_world": "worldprobe.contracts.world_contract:check_world",
    "check_regime": "worldprobe.contracts.regime_contract:check_regime",
    "check_source": "worldprobe.contracts.source_contract:check_source",
    "check_encoder": "worldprobe.contracts.encoder_contract:check_encoder",
    "check_sigreg": "worldprobe.conformance.check_sigreg:check_sigreg",
    "describe": "worldprobe.recordings:describe",
    "read_recording": "worldprobe.recordings:read_recording",
    "audit": "worldprobe.api.studies:audit",
    "predict": "worldprobe.api.arrays:predict",
    "measure": "worldprobe.evaluation.measuring:measure",
    "RecoveryCallback": "worldprobe.train.recovery_callback:RecoveryCallback",
    "recover": "worldprobe.api.arrays:recover",
    "bound": "worldprobe.api.arrays:bound",
    "decompose": "worldprobe.api.arrays:decompose",
    "plan": "worldprobe.api.studies:plan",
    "load_study": "worldprobe.api.studies:load_study",
    "recorded_study": "worldprobe.api.studies:recorded_study",
    "run": "worldprobe.api.studies:run",
    "Results": "worldprobe.results:Results",
    "report": "worldprobe.api.studies:report",
    "play": "worldprobe.playing.page_server:play",
    "errors": "worldprobe.errors",
}
"""Where each public name comes from: a module, or an attribute of one."""

__all__ = [
    "Column",
    "Control",
    "Encoder",
    "Format",
    "Objective",
    "Opened",
    "Pairs",
    "Recorded",
    "RecoveryCallback",
    "Regime",
    "Results",
    "Simulated",
    "Source",
    "World",
    "audit",
    "bound",
    "check_encoder",
    "check_regime",
    "check_sigreg",
    "check_source",
    "check_world",
    "decompose",
    "describe",
    "encoders",
    "errors",
    "formats",
    "gates",
    "include",
    "load_study",
    "measure",
    "objectives",
    "plan",
    "play",
    "predict",
    "read_recording",
    "recorded_study",
    "recover",
    "regimes",
    "register",
    "report",
    "run",
    "worlds",
]


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version

        return version("worldprobe")
    if name not in _HOMES:
        raise AttributeError(f"worldprobe has no {name!r}; it has {', '.join(__all__)}")
    module, _, attribute = _HOMES[name].partition(":")
    found = import_module(module)
    value = getattr(found, attribute) if attribute else found
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*__all__, "__version__"]
