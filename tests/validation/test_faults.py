"""Runs that are interrupted, killed, started twice, on a full disk or by a clock that jumps: builds are the same."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.builds.full_disk import disk_of
from tests.validation.conftest import ONE_SURROGATE, ROOT, SMALL, Run

pytestmark = pytest.mark.slow

ADVICE = "make room or rights there, or give another --store."
INTERRUPTED = "longcon: interrupted: run the same command again, and it goes on from what the store holds\n"


@dataclass
class Running:
    """A validation in a process group of its own, and all processes that it starts.

    Attributes:
        place: its working directory.
        store: its store.
        environment: variables besides those of this process.
    """

    place: Path
    store: Path
    environment: dict[str, str] = field(default_factory=dict)

    def start(self) -> subprocess.Popen[str]:
        """Starts it."""
        # What pytest tells of the run that this is part of is not for the run that is started.
        own = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
        self._mark = uuid.uuid4().hex
        options = [*SMALL, ONE_SURROGATE, f"--store={self.store}"]
        self.place.mkdir(exist_ok=True)
        # Where these tests run in the background, children would be told to ignore an interrupt.
        heard: dict[str, Any] = {"preexec_fn": partial(signal.signal, signal.SIGINT, signal.SIG_DFL)}
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "pytest", str(ROOT / "validation"), *options],
            cwd=self.place,
            env={**own, **self.environment, "LONGCON_TEST_MARK": self._mark},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            process_group=0,
            **heard,
        )

    def finish(self) -> Run:
        """Runs it to its end."""
        process = self.start()
        output, _ = process.communicate()
        return Run(process.returncode, output, "")

    def end_in_training(self, how: str) -> Run:
        """Ends it, in one way or another, when it has begun to train, and waits for all of its processes to end."""
        process = self.start()
        assert process.stdout is not None
        told = ""
        while "builds ready" not in told and (line := process.stdout.readline()):
            told += line
        if how == "Ctrl-C":
            os.killpg(process.pid, signal.SIGINT)
        else:
            process.send_signal(signal.SIGINT if how == "interrupt" else signal.SIGKILL)
        told += process.stdout.read()
        run = Run(process.wait(), told, "")
        assert self._left_alone_within(60) == []
        return run

    def _left_alone_within(self, seconds: float) -> list[int]:
        """Returns which of its processes are there when so much time has passed; at once when none is."""
        end = time.monotonic() + seconds
        while (left := list(self._processes())) and time.monotonic() < end:
            time.sleep(0.1)
        return left

    def _processes(self) -> Iterator[int]:
        for place in Path("/proc").iterdir():
            if place.name.isdigit():
                try:
                    if self._mark.encode() in (place / "environ").read_bytes():
                        yield int(place.name)
                except OSError:
                    continue  # another user's, or it has just ended


def _bits(store: Path, *keys: str) -> dict[str, dict[str, str]]:
    """Returns the digests of the files of a store's builds, by their keys."""
    found = {path.parent.name: json.loads(path.read_bytes())["files"] for path in store.glob("builds/*/manifest.json")}
    return {key: found[key] for key in keys or found}


def _is_tidy(store: Path) -> bool:
    return [path for part in ("builds", "data") for path in (store / part).glob(".*")] == []


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="a run's processes are told by /proc")
def test_a_run_that_is_ended_in_training_leaves_no_process_and_goes_on(tmp_path: Path, small_store: Path) -> None:
    """By Ctrl-C, which all processes of a terminal get, by an interrupt of pytest alone, and by kill -9."""
    store = tmp_path / "store"
    running = Running(tmp_path / "place", store)
    for how in ("Ctrl-C", "interrupt"):
        run = running.end_in_training(how)
        assert run.code == 2, run.output
        assert run.output.count(INTERRUPTED) == 1
        assert "Traceback" not in run.output
        assert run.verdict.startswith("verdict: INCOMPLETE")
        assert _is_tidy(store)
    assert running.end_in_training("kill").code == -signal.SIGKILL
    run = running.finish()
    assert run.code == 0, run.output
    bits = _bits(store)
    assert bits == _bits(small_store, *bits)
    assert len(bits) == 6
    assert _is_tidy(store)


def test_two_runs_on_one_store_train_each_build_once(tmp_path: Path, small_store: Path) -> None:
    store = tmp_path / "store"
    processes = [Running(tmp_path / name, store).start() for name in ("one", "two")]
    outputs = [process.communicate()[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    trained = [path.name for path in store.glob("runs/*/trained-*")]
    bits = _bits(store)
    assert sorted(trained) == sorted(f"trained-{key}" for key in bits)
    assert bits == _bits(small_store, *bits)
    assert len(bits) == 6
    assert _is_tidy(store)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk on which a run's data has room, but not all of its builds."""
    with disk_of(9, tmp_path / "disk") as place:
        yield place


def test_a_disk_that_becomes_full_ends_a_run_in_one_sentence(tmp_path: Path, disk: Path, small_store: Path) -> None:
    running = Running(tmp_path / "place", disk / "store")
    run = running.finish()
    assert run.code == 4, run.output
    assert run.error.endswith(f" could not be written (No space left on device): {ADVICE}")
    assert "Traceback" not in run.output
    kept = _bits(disk / "store")
    assert kept == _bits(small_store, *kept)
    subprocess.run(["mount", "-o", "remount,size=90m", str(disk)], check=True)
    run = running.finish()
    assert run.code == 0, run.output
    bits = _bits(disk / "store")
    assert bits == _bits(small_store, *bits)
    assert len(bits) == 6
    assert _is_tidy(disk / "store")


def test_a_store_that_may_only_be_read_is_refused(tmp_path: Path, disk: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(disk)], check=True)
    run = Running(tmp_path / "place", disk / "store").finish()
    assert (run.code, run.error) == (
        4,
        f"{disk / 'store'} could not be written (Read-only file system): {ADVICE}",
    )


# The time of day, put back by a day and on by ten years by turns, each for a third of a second. Monotonic clocks go on.
JUMPS = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <sys/time.h>
#include <time.h>

static long jump(void) {
    struct timespec now;
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    real(CLOCK_MONOTONIC, &now);
    return (now.tv_sec * 3 + now.tv_nsec / 333333334) % 2 ? 315532800L : -86400L;
}

int clock_gettime(clockid_t clock, struct timespec *time) {
    static int (*real)(clockid_t, struct timespec *);
    if (!real) real = dlsym(RTLD_NEXT, "clock_gettime");
    int status = real(clock, time);
    if (clock == CLOCK_REALTIME) time->tv_sec += jump();
    return status;
}

int gettimeofday(struct timeval *restrict time, void *restrict zone) {
    struct timespec now;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    time->tv_sec = now.tv_sec;
    time->tv_usec = now.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *told) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (told) *told = now.tv_sec;
    return now.tv_sec;
}
"""


@pytest.fixture
def jumping(tmp_path: Path) -> dict[str, str]:
    """What makes the clock of a process jump."""
    source, library = tmp_path / "jumps.c", tmp_path / "jumps.so"
    source.write_text(JUMPS)
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        pytest.skip("a clock that jumps is compiled, and loaded in front of the system's")
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return {"LD_PRELOAD": str(library)}


def test_a_clock_that_jumps_changes_no_build(tmp_path: Path, small_store: Path, jumping: dict[str, str]) -> None:
    # Looked at often enough to see it jump, however long a pause takes.
    asked = (
        "import time; seen = [(time.time(), time.sleep(0.04))[0] for _ in range(50)]; "
        "print(max(seen) - min(seen) > 86_000)"
    )
    told = subprocess.run(
        [sys.executable, "-c", asked], env={**os.environ, **jumping}, capture_output=True, text=True, check=True
    )
    assert told.stdout == "True\n"
    run = Running(tmp_path / "place", tmp_path / "store", jumping).finish()
    assert run.code == 0, run.output
    bits = _bits(tmp_path / "store")
    assert bits == _bits(small_store, *bits)
    assert len(bits) == 6
