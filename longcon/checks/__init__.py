"""Checks: pure functions from builds to outcomes; limits come from the protocol."""

from longcon.checks.agreement import agreement_measured, crossings_measured
from longcon.checks.calls import all_builds_agree, cutoff_is_precise, cutoff_of, rebuild_agrees
from longcon.checks.controls import controls_come_out
from longcon.checks.devices import branch_asked_for, devices_differ, settings_effective, settings_in_force
from longcon.checks.dissimilarity import sine_below_tolerance, sine_curve, sine_measured
from longcon.checks.divergence import hessian_indefinite, parts_after_release, residual_above_threshold
from longcon.checks.environment import data_as_agreed, environment_locked, fingerprint_recorded
from longcon.checks.identity import initial_states_identical, portable_builds_identical, replicates_identical
from longcon.checks.outcome import Outcome
from longcon.checks.reference_cases import measures_correct
from longcon.checks.resumption import resumed_training_identical

__all__ = [
    "Outcome",
    "agreement_measured",
    "all_builds_agree",
    "branch_asked_for",
    "controls_come_out",
    "crossings_measured",
    "cutoff_is_precise",
    "cutoff_of",
    "data_as_agreed",
    "devices_differ",
    "environment_locked",
    "fingerprint_recorded",
    "hessian_indefinite",
    "initial_states_identical",
    "measures_correct",
    "parts_after_release",
    "portable_builds_identical",
    "rebuild_agrees",
    "replicates_identical",
    "residual_above_threshold",
    "resumed_training_identical",
    "settings_effective",
    "settings_in_force",
    "sine_below_tolerance",
    "sine_curve",
    "sine_measured",
]
