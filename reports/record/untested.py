"""What was not tested: everything that a reader might take this run to have shown, and that it did not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from fixtures.options import Settings
from longcon.builds import REFERENCE
from reports.record.cases import FAILED, INEFFECTIVE, MET, NOT_APPLICABLE, UNMET
from reports.record.run import Run
from reports.verdict import NOT_MET


def untested_of(
    run: Run, requirements: list[dict[str, Any]], cases: list[dict[str, Any]], devices: list[dict[str, Any]]
) -> list[dict[str, str]]:
    """Returns what was not tested and why, each as a pair of sentences.

    Args:
        run: that has ended.
        requirements: as recorded.
        cases: as recorded.
        devices: as recorded.
    """
    found = [
        *_of_the_run(run),
        *_of_the_data(run),
        *_of_the_command(run.settings),
        *_of_devices(run.settings, devices),
        *_of_elsewhere(run.settings),
        *_of_requirements(requirements),
        *_of_cases(cases),
        *_of_epochs(run),
        *_of_calls(cases),
    ]
    return [{"what": what, "why": why} for what, why in found]


def _of_the_run(run: Run) -> Iterator[tuple[str, str]]:
    if run.interrupted:
        yield "The rest of this run.", "It was ended before all its tests had run."
    for sentence in run.unreadable:
        yield "The builds as they are now.", sentence


def _of_the_data(run: Run) -> Iterator[tuple[str, str]]:
    if run.data.facts.get("simulated") is True:
        yield "Patients' samples.", "The cohorts were simulated; no measurement here is a patient's."


def _of_the_command(settings: Settings) -> Iterator[tuple[str, str]]:
    if settings.command is None:
        return
    yield (
        "How the command trains.",
        "longcon saw what it left and nothing of its training: no initial state, no step, no setting of its libraries.",
    )
    if not settings.command.command.parameters:
        yield (
            "The parameters of the rebuilds.",
            "The command leaves none, so agreement was shown for the scores of the listed cases, not for others.",
        )
    if not settings.command.command.uses("k"):
        yield "Minibatches.", "The command is told no k, so k in this report names the run and nothing of the training."


def _of_devices(settings: Settings, devices: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    real = [device for device in settings.devices if device.surrogate is None]
    emulated = [device.name for device in settings.devices if device.surrogate is not None]
    if len(real) == 1:
        others = f" Other devices' rounding was emulated on it ({', '.join(emulated)}), which replaces none."
        yield (
            "A second real device.",
            f"All builds were trained on {real[0].name} of one machine.{others if emulated else ''}",
        )
    if settings.no_order is not None:
        yield (
            "Other orders of summation.",
            "Order surrogates permute the features and units of a chain of fully connected layers, but the model "
            f"{settings.no_order}.",
        )
    if not any(device.torch_device.startswith("cuda") for device in settings.devices):
        yield "A graphics processor.", "The run had none among its devices."
    for device in devices:
        for fingerprint in device["fingerprints"]:
            if fingerprint["effective"] is False:
                yield (
                    f"Other rounding by {device['name']} at k = {fingerprint['k']}.",
                    "On this machine it computes like the original's device, so its agreement shows nothing.",
                )
        if device["another_computation"]:
            yield (
                f"Another device by {device['name']}.",
                "The order of sums is part of portable arithmetic, so another order is another computation.",
            )


def _of_elsewhere(settings: Settings) -> Iterator[tuple[str, str]]:
    for device in settings.devices:
        if device.origin == REFERENCE:
            yield (
                f"The repeatability of training on {device.name}.",
                "The reference is one build, released before; whether its own machine repeats it was decided then.",
            )
        elif device.origin:
            yield (
                f"How {device.name} trains.",
                "Its builds were imported: settings, fingerprint and times are what they say of themselves.",
            )


def _of_requirements(requirements: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for entry in requirements:
        if entry["outcome"] == NOT_APPLICABLE:
            yield f"{entry['id']}: {entry['statement']}", f"Not decided in this run: {entry['why_not']}."


def _of_cases(cases: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for case in cases:
        if case["outcome"] not in (MET, UNMET, FAILED, NOT_MET, INEFFECTIVE):
            yield f"{case['key']}.", f"{case['outcome'].capitalize()}: {case['message']}"
        elif case["outcome"] == NOT_MET:
            yield f"{case['key']}, as a condition of the verdict.", f"It is advisory and was not met: {case['message']}"


def _of_epochs(run: Run) -> Iterator[tuple[str, str]]:
    epochs = run.settings.recipes[0].epochs
    for k in run.settings.ks:
        released = run.released_epoch(k)
        if released is not None and released < epochs:
            yield (
                f"Training beyond epoch {released} at k = {k}.",
                f"The state after epoch {released} of {epochs} is released; how later states agree decides nothing.",
            )


def _of_calls(cases: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    for case in cases:
        details: Mapping[str, Any] = case["details"]
        some, none = details.get("conclusive_in_some", 0), details.get("conclusive_in_none", 0)
        if case["device"] is None and (some or none):
            yield (
                f"The calls on {some + none} of {details['cases']} prospective cases at k = {case['k']}.",
                f"At tau {details['tau']:.4f} {some} are conclusive in only some builds and {none} in none; "
                "only calls that all builds would report were compared.",
            )
