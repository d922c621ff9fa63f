"""In what two builds differ besides their bits: recipe, device, machine, versions and code."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from longcon.builds import Build
from longcon.training import Recipe

# What a build keeps of its training, and how that is called; it decides no bit.
_KEPT = {
    "record": "epochs asked for",
    "keep_best": "best epoch kept",
    "detail": "detail kept",
    "curvature_every": "curvature every",
}
_DIGEST = 12


def differences(a: Build, b: Build) -> dict[str, tuple[str, str]]:
    """Returns what differs, with the value of each build; digests are cut short."""
    said = [_said(build) for build in (a, b)]
    names = dict.fromkeys([*said[0], *said[1]])
    pairs = {name: (said[0].get(name, "none"), said[1].get(name, "none")) for name in names}
    return {name: (short(x), short(y)) for name, (x, y) in pairs.items() if x != y}


def flat(fields: Mapping[str, Any]) -> dict[str, str]:
    """Returns values by name as texts, those of a mapping within by both names."""
    texts: dict[str, str] = {}
    for name, value in fields.items():
        if isinstance(value, Mapping):
            texts |= {f"{name} {inner}": text for inner, text in flat(value).items()}
        elif isinstance(value, list):
            texts[name] = ", ".join(map(str, value))
        else:
            texts[name] = str(value)
    return texts


def short(text: str) -> str:
    """Returns a digest cut short, and any other text as it is."""
    is_digest = len(text) in (32, 64) and set(text) <= set("0123456789abcdef")
    return text[:_DIGEST] if is_digest else text


def _said(build: Build) -> dict[str, str]:
    request = build.request
    # What a recipe of before leaves unsaid had the value of today's default.
    said = flat(Recipe.of_json(request["recipe"]).as_json())
    recipe = {name.replace("_", " "): text for name, text in said.items()}
    hardware = build.manifest["fingerprint"].get("hardware", {})
    return {
        **recipe,
        "device": build.device,
        "numeric class": str(request["numeric_class"]),
        **flat(hardware if isinstance(hardware, dict) else {}),
        **flat(request["software"]),
        "longcon's code": str(request["code"]),
        **{f"problem's {name}": text for name, text in flat(request["problem"]).items()},
        "replicate": str(build.replicate),
        "killed after epoch": str(request.get("killed_after", 0)),
        "rebuild of": str(request.get("rebuild_of", "") or "none"),
        **flat({words: request.get(name) for name, words in _KEPT.items()}),
    }
