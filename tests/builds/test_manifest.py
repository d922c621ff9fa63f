"""Manifests: whatever is in one that was sealed all the same, it is refused in words or can be used."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from longcon.builds.build import Build
from longcon.builds.manifest import FIELDS, parsed, validated
from longcon.builds.request import BuildRequest
from longcon.training import Recipe

REQUEST = BuildRequest("d", Recipe(k=2), "cpu", "n", {"torch": "2"}, "c", 1, (0, 1, 64), True, problem={"tried": {}})
MANIFEST: dict[str, Any] = {
    "format": 2,
    "request": REQUEST.as_json(),
    "fingerprint": {"device": "cpu", "probes": {"sum": "00"}, "software": {"torch": "2"}, "numeric_class": "n"},
    "settings": {"threads": 1, "cudnn_benchmark": False},
    "run": "r",
    "started": "2026-01-02T03:04:05.678+00:00",
    "seconds": 1.5,
    "resumed_at": [3, 17],
    "best_epoch": 1,
    "history": [{"epoch": 1, "training_loss": 0.5, "holdout_loss": 0.25, "holdout_error": 0.0}],
    "files": {"state-0000.safetensors": "0" * 64, "scores.safetensors": "f" * 64, "log.txt": "1" * 64},
}
COMMAND: dict[str, Any] = {
    **MANIFEST,
    "request": {**REQUEST.as_json(), "problem": {"command": "python train.py {k}", "source": "0"}},
    "fingerprint": {},
    "settings": {},
    "resumed_at": [],
    "history": [{"epoch": 1, "holdout_error": 0}],
}
EPSILON = ("request", "recipe", "layer_norm_epsilon")
Place = tuple[str | int, ...]


def _with(place: Place, value: object) -> dict[str, Any]:
    changed = copy.deepcopy(MANIFEST)
    holder: Any = changed
    for name in place[:-1]:
        holder = holder[name]
    holder[place[-1]] = value
    return changed


def _without(*place: str) -> dict[str, Any]:
    changed = copy.deepcopy(MANIFEST)
    holder = changed
    for name in place[:-1]:
        holder = holder[name]
    del holder[place[-1]]
    return changed


@pytest.mark.parametrize("manifest", [MANIFEST, COMMAND, _without("request", "killed_after"), _without(*EPSILON)])
def test_what_longcon_writes_is_returned_as_it_is(manifest: dict[str, Any]) -> None:
    assert validated(manifest) is manifest
    assert set(manifest) == FIELDS


WRONG: list[tuple[object, str]] = [
    ([], "lacks fields or has strange ones"),
    (_without("run"), "lacks fields or has strange ones"),
    (_with(("digest",), "0"), "lacks fields or has strange ones"),
    (_with(("format",), 1), "is of a format that this longcon does not know"),
    (_with(("format",), True), "is of a format that this longcon does not know"),
    (_with(("request",), 3), "has a 'request' of the wrong kind"),
    (_without("request", "device"), "lacks 'request.device'"),
    (_with(("request", "device"), "cpu\x1b[2J"), "has a 'request.device' of the wrong kind"),
    (_with(("request", "device"), "x" * 500), "has a 'request.device' of the wrong kind"),
    (_with(("request", "replicate"), True), "has a 'request.replicate' of the wrong kind"),
    (_with(("request", "replicate"), 1 << 70), "has a 'request.replicate' of the wrong kind"),
    (_with(("request", "record"), [1, 0]), "has a 'request.record' of the wrong kind"),
    (_with(("request", "problem"), {"command": 3}), "has a 'request.problem' of the wrong kind"),
    (_with(("request", "software"), {"torch": 2}), "has a 'request.software' of the wrong kind"),
    (_with(("request", "recipe"), None), "has a 'request.recipe' of the wrong kind"),
    (_with(("request", "recipe", "k"), 0), "has a 'request.recipe' that no training can have"),
    (_with(("request", "recipe", "more"), 0), "has a 'request.recipe' that no training can have"),
    (_with(EPSILON, 0.0), "has a 'request.recipe' that no training can have"),
    (_with(EPSILON, "0.1"), "has a 'request.recipe.layer_norm_epsilon' of the wrong kind"),
    (_with(EPSILON, 10**400), "has a 'request.recipe.layer_norm_epsilon' of the wrong kind"),
    (_with(("request", "recipe", "widths"), [8, "4"]), "has a 'request.recipe.widths' of the wrong kind"),
    (_with(("request", "recipe", "epochs"), 1 << 40), "has a 'request.recipe.epochs' of the wrong kind"),
    (_with(("fingerprint", "probes"), ["sum"]), "has a 'fingerprint.probes' of the wrong kind"),
    (_with(("started",), "now"), "has a 'started' of the wrong kind"),
    (_with(("started",), "2026-01-02T03:04:05"), "has a 'started' of the wrong kind"),
    (_with(("seconds",), float("nan")), "has a 'seconds' of the wrong kind"),
    (_with(("seconds",), -1.0), "has a 'seconds' of the wrong kind"),
    (_with(("resumed_at",), [3, 3]), "has a 'resumed_at' of the wrong kind"),
    (_with(("best_epoch",), "1"), "has a 'best_epoch' of the wrong kind"),
    (_with(("history",), {}), "has a 'history' of the wrong kind"),
    (_with(("history", 0, "holdout_error"), None), "has a 'history.holdout_error' of the wrong kind"),
    (_with(("history", 0), {"epoch": 1}), "lacks 'history.holdout_error'"),
    (_with(("files", "state-0000.safetensors"), 1), "has a 'files' of the wrong kind"),
    (_with(("files", "log.txt"), "0" * 63), "has no digest of log.txt"),
    (_with(("files", "state-xxxx.safetensors"), "0" * 64), "names the file 'state-xxxx.safetensors', which no"),
    (_with(("files", "../x.json"), "0" * 64), "names the file '../x.json', which no build keeps"),
    (_with(("files", "manifest.json"), "0" * 64), "names the file 'manifest.json', which no build keeps"),
]


@pytest.mark.parametrize(("manifest", "how"), WRONG, ids=[f"{how[:50]} {n}" for n, (_, how) in enumerate(WRONG)])
def test_another_type_or_form_is_refused_by_its_field(manifest: object, how: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(how)}"):
        validated(manifest)


TEXTS: list[tuple[bytes, str]] = [
    (b"", "Expecting value: line 1 column 1 (char 0)"),
    (b"\xff\x00{", "'utf-8' codec can't decode byte 0xff in position 0: invalid start byte"),
    (b'{"a": 1, "b": {"c": 1, "c": 1}}', "a name stands twice in it"),
    (b'{"a": NaN}', "NaN is no number"),
    (b"[-Infinity]", "-Infinity is no number"),
    (b"[1e999]", "1e999 is too large a number"),
    (b"[" * 100_000 + b"]" * 100_000, "it is nested too deep"),
    (b'{"a":' * 40 + b"0" + b"}" * 40, "it is nested too deep"),
    (b'["\\ud800"]', "'utf-8' codec can't encode character '\\ud800' in position 2: surrogates not allowed"),
]


@pytest.mark.parametrize(("text", "how"), TEXTS, ids=[f"{how[:40]} {n}" for n, (_, how) in enumerate(TEXTS)])
def test_a_text_that_says_no_value_in_one_way(text: bytes, how: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(how)}$"):
        parsed(text)


def test_a_number_of_thousands_of_digits() -> None:
    with pytest.raises(ValueError, match=r"^Exceeds the limit \(4300 digits\) for integer string conversion"):
        parsed(b"9" * 5000)


def test_what_is_nested_as_deep_as_manifests_are_is_read() -> None:
    deep = {"a": [{"b": [{"c": [1, 2.5, None, True, "ö"]}]}]}
    assert parsed(json.dumps(deep).encode()) == deep


@given(st.binary())
@example(b"\xef\xbb\xbf{}")
@example(b"1" * 4299 + b".0")
def test_any_bytes_are_refused_in_words_or_say_what_can_be_written(content: bytes) -> None:
    try:
        value = parsed(content)
    except ValueError:
        return
    assert parsed(json.dumps(value, allow_nan=False, ensure_ascii=False).encode()) == value


def _places(value: Any, place: Place = ()) -> Iterator[Place]:
    if place:
        yield place
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, each in inner:
        yield from _places(each, (*place, name))


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=8)
    | st.sampled_from(["cpu", "0" * 64, "state-0003.safetensors", "2026-01-02", 10**400, -1]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)
_PLACES = st.sampled_from([*_places(MANIFEST), ("request", "more"), ("files", "more.json"), ("history", 0, "more")])


def _uses() -> list[Callable[[Build], object]]:
    """Returns everything that is asked of a build before a file of it is read."""
    return [
        lambda build: build.title.encode(),
        lambda build: build.minibatch,
        lambda build: build.device.encode(),
        lambda build: build.replicate,
        lambda build: build.numeric_class,
        lambda build: build.best_epoch,
        lambda build: build.resumed_at,
        lambda build: build.epochs,
        lambda build: Recipe.of_json(build.request["recipe"]),
        lambda build: [(entry["epoch"] + 1, f"{entry['holdout_error']:.4f}") for entry in build.manifest["history"]],
        lambda build: float(build.manifest["seconds"]),
        lambda build: dict(build.manifest["settings"]),
        lambda build: dict(build.manifest["fingerprint"].get("hardware", {})),
    ]


@given(st.lists(st.tuples(_PLACES, _VALUES), min_size=1, max_size=3), st.sampled_from([MANIFEST, COMMAND]))
@example([(("files",), {"state-xxxx.safetensors": "0" * 64})], MANIFEST)
@example([(("request", "problem"), {"command": []})], MANIFEST)
def test_any_sealed_manifest_is_refused_or_can_be_used(
    changes: list[tuple[Place, object]], manifest: dict[str, Any]
) -> None:
    changed: Any = copy.deepcopy(manifest)
    for place, value in changes:
        holder = changed
        try:
            for name in place[:-1]:
                holder = holder[name]
            holder[place[-1]] = value
        except (KeyError, IndexError, TypeError):
            continue  # an earlier change took the place away
    try:
        build = Build(Path("key"), validated(parsed(json.dumps(changed).encode())))
    except ValueError:
        return
    for use in _uses():
        use(build)
