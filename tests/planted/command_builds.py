"""Builds of a command that are wrong: of another seed, copied, and sealed anew after a change."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from longcon.builds.coherence import require_coherent
from longcon.checks import (
    sine_below_tolerance,
)
from longcon.protocol import Limits
from tests.planted.bench import Bench, Tensors, altered, passed_off
from tests.planted.defect import Defect, Found, decided, refused
from tests.planted.site import ALL_DIFFER, CAUSE, CORE, FIRST, REBUILD, REPLICATES, rebuilt, replicates, site_of

_FILE = "scores.safetensors"


def _another_seed(bench: Bench) -> Found:
    site = site_of(bench)
    return replicates(site, passed_off(site.build(seed=1), site.build(2)))


def _one_ulp(tensors: Tensors) -> None:
    scores = tensors["0001/prospective"]
    scores[3, 1] = np.nextafter(scores[3, 1], 1)


def _one_ulp_in_a_score(bench: Bench) -> Found:
    site = site_of(bench)
    return replicates(site, altered(site.build(2), {_FILE: _one_ulp}))


def _copied(bench: Bench) -> Found:
    site = site_of(bench)
    return replicates(site, passed_off(site.build(), site.build(2)))


def _contradicts(bench: Bench, change: Callable[[Tensors], None]) -> Found:
    site = site_of(bench)
    build = altered(site.build(), {_FILE: change})
    return refused(lambda: require_coherent(build, site.data, 1))


def _swapped_cases(tensors: Tensors) -> None:
    scores = tensors["0001/holdout"]
    scores[[0, 1]] = scores[[1, 0]]


def _beyond_one(tensors: Tensors) -> None:
    tensors["0001/prospective"][7] = (-0.5, 1.5)


def _turned(bench: Bench) -> Found:
    def change(tensors: Tensors) -> None:
        tensors["weights"][1] += 1e-6

    site = site_of(bench)
    rebuild = altered(site.build(device=CORE), {"state-0001.safetensors": change})
    return decided("LC-PQ-01", lambda: sine_below_tolerance(site.build(), rebuild, 1, Limits().sine_tolerance))


def _discordant(bench: Bench) -> Found:
    def change(tensors: Tensors) -> None:
        surest = np.argsort(tensors["0001/prospective"].max(axis=1))[-9:]
        tensors["0001/prospective"][surest] = tensors["0001/prospective"][surest][:, ::-1]

    site = site_of(bench)
    return rebuilt(site, altered(site.build(device=CORE), {_FILE: change}))


_CONTRADICTS = f"Build {{key}} ({FIRST}) contradicts itself:"
_ANEW = "restore it from a copy, or delete it or give --fresh to retrain."

DEFECTS = (
    Defect("a command of another seed", "a replicate, trained from seed 1", _another_seed, "LC-OQ-02", ALL_DIFFER),
    Defect(
        "one ulp in one score",
        "a command's replicate, sealed anew",
        _one_ulp_in_a_score,
        "LC-OQ-02",
        f"{REPLICATES}: states differ at epoch 1 in the prospective scores: 1 of 400 values differ, first at (3, 1): "
        f"{{number}} against {{number}} (1 ulp); {CAUSE}",
    ),
    Defect(
        "a command's replicate that is a copy",
        "replicate 2: the files and the manifest of replicate 1",
        _copied,
        "LC-OQ-02",
        f"command on cpu, replicate 2 is a copy of {FIRST}: both say that their training took {{number}} s, to the "
        "last digit; run again with --fresh.",
    ),
    Defect(
        "two cases swapped in a command's hold-out",
        "an original's scores, sealed anew",
        lambda bench: _contradicts(bench, _swapped_cases),
        "store",
        f"{_CONTRADICTS} its history says a hold-out error of 0.0000, but its scores make 0.0500; {_ANEW}",
    ),
    Defect(
        "a command's build with what is no score",
        "an original's prospective scores, sealed anew: -0.5 and 1.5",
        lambda bench: _contradicts(bench, _beyond_one),
        "store",
        f"{_CONTRADICTS} its prospective scores of p7 are not numbers from 0 to 1; {_ANEW}",
    ),
    Defect(
        "a command's parameters turned",
        "a rebuild's parameters: 1e-6 on one",
        _turned,
        "LC-PQ-01",
        f"{REBUILD}: vector sine {{number}} at the released epoch 1 exceeds the tolerance 1.49e-08; it first exceeds "
        "1.49e-08 from the start, at recorded epoch 1 ({number}). Likely cause: round-off grown in training; try an "
        "earlier --release-epoch or another --k.",
    ),
    Defect(
        "a command's calls discordant",
        "a rebuild's nine surest calls",
        _discordant,
        "LC-PQ-03",
        f"{REBUILD}: 9 discordant of 200 reportable calls (4.50%; upper 95% bound 7.72%) at tau {{number}}, epoch 1; "
        "of 200 cases 0 are conclusive in only some builds and 0 in none; the upper bound may be at most 2%. Likely "
        "cause: builds parted in training; see the sine, or try an earlier --release-epoch or --k.",
    ),
)
