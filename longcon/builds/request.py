"""What a build is asked to be: the key under which the store keeps it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from longcon.problems import CommandProblem, LoadedProblem
from longcon.training import Recipe


@dataclass(frozen=True)
class BuildRequest:
    """Everything that decides a build's bits, and the replicate number, which must not.

    Attributes:
        data: digest of the problem's data.
        recipe: what fixes the training in software.
        device: name of the device.
        numeric_class: digest of the device's fingerprint: another machine's "cpu" is another device.
        software: versions of what computes.
        code: digest of longcon's own source.
        replicate: 1 or 2; part of the key, so that a replicate is never a second look at the same file.
        record: epochs whose states are kept.
        keep_best: whether the best hold-out epoch is kept as well.
        detail: whether `Detail` of every step is kept as well.
        curvature_every: the curvature is measured every so many steps; 0 for never.
        killed_after: the epoch after whose checkpoint the training process is killed once, so that another resumes
            it; 0 for never.
        problem: what tells the problem's code from another's, as `LoadedProblem.identity` has it; empty for the paper's
            method alone.
        rebuild_of: key of the released reference that it is to be compared with, so that it can't be that one itself;
            empty where there is none.
    """

    data: str
    recipe: Recipe
    device: str
    numeric_class: str
    software: Mapping[str, str]
    code: str
    replicate: int
    record: tuple[int, ...]
    keep_best: bool
    detail: bool = False
    curvature_every: int = 0
    killed_after: int = 0
    problem: Mapping[str, object] = field(default_factory=dict)
    rebuild_of: str = ""

    def as_json(self) -> dict[str, object]:
        """Returns the request as plain JSON values."""
        return {
            "data": self.data,
            "recipe": self.recipe.as_json(),
            "device": self.device,
            "numeric_class": self.numeric_class,
            "software": dict(self.software),
            "code": self.code,
            "replicate": self.replicate,
            "record": list(self.record),
            "keep_best": self.keep_best,
            "detail": self.detail,
            "curvature_every": self.curvature_every,
            "killed_after": self.killed_after,
            "problem": dict(self.problem),
            "rebuild_of": self.rebuild_of,
        }

    @property
    def key(self) -> str:
        """Content address: digest of the whole request."""
        return hashlib.sha256(canonical_json(self.as_json())).hexdigest()[:32]

    @property
    def title(self) -> str:
        """The build in words, e.g. ``"k=2 float64 on cpu, replicate 1"``."""
        return title_of(self.as_json())


def title_of(request: Mapping[str, Any]) -> str:
    """Returns a build in words from its request, as `BuildRequest.as_json` gives it."""
    recipe = request["recipe"]
    arithmetic = "" if recipe["arithmetic"] == "native" else f" {recipe['arithmetic']}"
    killed = f", killed after epoch {request['killed_after']}" if request.get("killed_after") else ""
    if "command" in request["problem"]:
        # What it computes in is its own affair.
        told = f"k={recipe['k']} " if is_told_k(request) else ""
        return f"{told}command on {request['device']}, replicate {request['replicate']}"
    trained = f"k={recipe['k']} {recipe['dtype']}{arithmetic} on {request['device']}"
    return f"{trained}, replicate {request['replicate']}{killed}"


def identity_of(problem: LoadedProblem | CommandProblem | None) -> dict[str, object]:
    """Returns what a build's key holds of its problem; nothing for the paper's method alone."""
    if isinstance(problem, LoadedProblem):
        return {**problem.identity, "tried": dict(problem.tried)}
    return {} if problem is None else problem.identity


def is_told_k(request: Mapping[str, Any]) -> bool:
    """Whether minibatches of k trained a build; a command may know nothing of k."""
    command = request["problem"].get("command")
    return command is None or "{k}" in command


def canonical_json(value: object) -> bytes:
    """Returns the one JSON text of ``value`` that digests are taken of."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode()


def recorded_epochs(epochs: int, released: int | None) -> tuple[int, ...]:
    """Returns the epochs whose states a build keeps: 0, the powers of two, the last and the released one."""
    powers = {2**n for n in range(epochs.bit_length()) if 2**n <= epochs}
    return tuple(sorted({0, epochs} | powers | ({released} if released else set())))
