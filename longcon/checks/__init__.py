"""Checks: pure functions from builds to outcomes; limits come from the protocol."""

from longcon.checks.calls import all_builds_agree, cutoff_is_precise, cutoff_of, rebuild_agrees
from longcon.checks.devices import devices_differ, settings_in_force
from longcon.checks.dissimilarity import sine_below_tolerance, sine_curve, sine_measured
from longcon.checks.divergence import hessian_indefinite, parts_after_release, residual_above_threshold
from longcon.checks.identity import initial_states_identical, portable_builds_identical, replicates_identical
from longcon.checks.outcome import Outcome

__all__ = [
    "Outcome",
    "all_builds_agree",
    "cutoff_is_precise",
    "cutoff_of",
    "devices_differ",
    "hessian_indefinite",
    "initial_states_identical",
    "parts_after_release",
    "portable_builds_identical",
    "rebuild_agrees",
    "replicates_identical",
    "residual_above_threshold",
    "settings_in_force",
    "sine_below_tolerance",
    "sine_curve",
    "sine_measured",
]
