"""Gates: measured numbers compared with thresholds. `GATES` has all of them by name.

A gate is defined next to the function that measures it: what it asks, the theorem behind it, its thresholds and their
calibration. Importing this package imports them all.

    world/determinism             deterministic
    world/local_observability     visible, information, occluded, distinct
    world/control_limits          saturated
    world/perceptual_aliasing     perceptual-aliasing
    world/linear_cues             weak-cue
    world/table_distance          table-distance, discrete-factor
    exploration/movement          dead-control, bounded, jumps, standing-still, repeats
    exploration/marginal_distribution   stationary-log, stationary-pair, gaussian-control, gaussian-joint
    exploration/pair_transitions  additive-noise, gaussian-noise, pairs-related, pairs-differ, isotropy, spectral-gap
    exploration/lagged_rows       measurement-noise, episode-offset, episode-start
    exploration/sample_size       effective-samples, enough-pairs, coverage, test-overlap
    exploration/control_dependence   correlated-controls, independent-controls
    exploration/holes             hole
    exploration/predicted_r2      prediction
    frames/frames_match_states    in-step, dropped-frames
    frames/clip_read_out          readable
    frames/clip_agreement         clips-agree, foreign-clips, clip-offset
    frames/unstated_content       hidden-factor, blind-region
    actions/action_timing         action-in-step
    actions/action_excitation     action-excitation
    actions/action_effects        action-explains, action-is-state, markov
    ./unmade                      unmade
"""

# ruff: noqa: I001  (gates are listed in the order in which their modules are imported)
from worldprobe.audits.gate import GATES
from worldprobe.audits.gates import unmade
from worldprobe.audits.gates.world import determinism
from worldprobe.audits.gates.world import local_observability
from worldprobe.audits.gates.world import control_limits
from worldprobe.audits.gates.world import perceptual_aliasing
from worldprobe.audits.gates.world import linear_cues
from worldprobe.audits.gates.world import table_distance
from worldprobe.audits.gates.exploration import movement
from worldprobe.audits.gates.exploration import marginal_distribution
from worldprobe.audits.gates.exploration import pair_transitions
from worldprobe.audits.gates.exploration import lagged_rows
from worldprobe.audits.gates.exploration import sample_size
from worldprobe.audits.gates.exploration import control_dependence
from worldprobe.audits.gates.exploration import holes
from worldprobe.audits.gates.exploration import predicted_r2
from worldprobe.audits.gates.frames import clip_read_out
from worldprobe.audits.gates.frames import clip_agreement
from worldprobe.audits.gates.frames import unstated_content
from worldprobe.audits.gates.frames import frames_match_states
from worldprobe.audits.gates.actions import action_timing
from worldprobe.audits.gates.actions import action_excitation
from worldprobe.audits.gates.actions import action_effects

__all__ = [
    "GATES",
    "action_effects",
    "action_excitation",
    "action_timing",
    "clip_agreement",
    "clip_read_out",
    "control_dependence",
    "control_limits",
    "determinism",
    "frames_match_states",
    "holes",
    "lagged_rows",
    "linear_cues",
    "local_observability",
    "marginal_distribution",
    "movement",
    "pair_transitions",
    "perceptual_aliasing",
    "predicted_r2",
    "sample_size",
    "table_distance",
    "unmade",
    "unstated_content",
]
