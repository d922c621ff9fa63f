"""The text beside the figures: their captions, and the builds that they were drawn from."""

from __future__ import annotations

from collections.abc import Mapping

import longcon
from longcon.builds import Build
from longcon.commands.figure_builds import Trained
from longcon.problems import ProblemData


def about(first: str, second: str, trained: Mapping[tuple[str, int], Trained], data: ProblemData) -> bytes:
    """Returns the text, in Markdown.

    Args:
        first: caption of Figure 1.
        second: caption of Figure 2.
        trained: the builds, by precision and k.
        data: what they were trained on.
    """
    pairs = [trained[key] for key in sorted(trained, key=lambda key: (-int(key[0].removeprefix("float")), key[1]))]
    builds = [build for pair in pairs for build in (pair.original, pair.rebuild) if build is not None]
    recipe, software = builds[0].request["recipe"], builds[0].request["software"]
    versions = ", ".join(f"{name} {version}" for name, version in sorted(software.items()))
    lines = [
        "# Figures 1 and 2",
        "",
        "![Figure 1](figure-1.svg)",
        "",
        f"**Figure 1.** {first}",
        "",
        "![Figure 2](figure-2.svg)",
        "",
        f"**Figure 2.** {second}",
        "",
        "## Builds",
        "",
        f"{data.problem}: {data.features:,} features, {len(data.training)} training and {len(data.holdout)} hold-out "
        f"cases, seed {data.facts.get('seed')}. {recipe['epochs']} epochs, learning rate {recipe['learning_rate']!r}, "
        f"weight decay {recipe['weight_decay']!r}, seed {recipe['seed']}, {recipe['arithmetic']} arithmetic. "
        f"longcon {longcon.__version__}; {versions}.",
        "",
        "| k | precision | device | numeric class | own best epoch | build |",
        "|---|---|---|---|---|---|",
        *(_row(build) for build in builds),
        "",
    ]
    return "\n".join(lines).encode()


def _row(build: Build) -> str:
    recipe = build.request["recipe"]
    cells = (recipe["k"], recipe["dtype"], build.device, build.numeric_class[:12], build.best_epoch, build.folder.name)
    return f"| {' | '.join(map(str, cells))} |"
