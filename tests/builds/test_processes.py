"""Build processes: one for each job, forked in the environment of its device, ended and told of like any other."""

from __future__ import annotations

import json
import os
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from longcon.builds.executor import TrainingShape
from longcon.builds.processes import ForkServers, JobProcess
from longcon.builds.runner import Runner, told
from longcon.devices import Device, parse_device, parse_surrogate
from longcon.errors import BuildError, StoreError
from longcon.problems import LoadedProblem, ProblemSource
from longcon.training import Recipe

pytestmark = pytest.mark.slow

CPU = parse_device("cpu").process_environment()


@pytest.fixture(scope="module")
def servers() -> Iterator[ForkServers]:
    servers = ForkServers()
    yield servers
    servers.close()


@pytest.fixture
def log() -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        yield file


def _said(process: JobProcess) -> list[dict[str, Any]]:
    return [json.loads(line) for line in process.lines()]


def _job(**fields: object) -> str:
    return json.dumps({"torch_device": "cpu", "surrogate": None, "problem": None, **fields})


def test_a_job_has_a_process_of_its_own(servers: ForkServers, log: IO[bytes]) -> None:
    shape = TrainingShape(20, 3, Recipe(k=2, widths=(5,))).as_json()
    told = [_said(servers.start(CPU, _job(task="fingerprint", shapes=[shape]), log, "It")) for _ in range(2)]
    assert [list(message) for message in told[0]] == [["pid"], ["done"], ["status"]]
    assert told[0][0]["pid"] != told[1][0]["pid"]
    assert told[0][1] == told[1][1]
    assert [messages[-1]["status"] for messages in told] == [0, 0]


def test_what_goes_wrong_is_in_its_log(servers: ForkServers, log: IO[bytes]) -> None:
    told = _said(servers.start(CPU, "no job", log, "It"))
    assert [list(message) for message in told] == [["pid"], ["status"]]
    assert told[-1]["status"] == 1
    log.seek(0)
    assert log.read().decode().strip().splitlines()[-1].startswith("json.decoder.JSONDecodeError")


@pytest.mark.parametrize("known", [True, False], ids=["running", "before it has said its number"])
def test_a_process_that_is_killed_ends(servers: ForkServers, log: IO[bytes], known: bool) -> None:
    # Long enough to be killed in the middle: nobody waits for its end.
    shape = TrainingShape(200_000, 3, Recipe(k=2, widths=(200,))).as_json()
    process = servers.start(CPU, _job(task="fingerprint", shapes=[shape] * 50), log, "It")
    lines = process.lines()
    if not known:
        process.kill()
    process.started(json.loads(next(lines))["pid"])
    if known:
        process.kill()
    assert [json.loads(line) for line in lines] == [{"status": -signal.SIGKILL}]


def test_environments_are_kept_apart() -> None:
    """Devices of one environment share the process that theirs are forked from; each other has its own."""
    runner = Runner()
    shape = TrainingShape(20, 3, Recipe(k=2, widths=(5,)))
    names = ("", "order:1", "isa:default")
    found = [runner.fingerprints(Device("cpu", parse_surrogate(name) if name else None), [shape])[0] for name in names]
    assert [one["environment"].get("ATEN_CPU_CAPABILITY") for one in found] == [None, None, "default"]
    assert len(runner._servers._servers) == 2
    runner.close()


def test_an_environment_in_which_nothing_starts_is_quoted(log: IO[bytes]) -> None:
    servers = ForkServers()
    with pytest.raises(BuildError, match=r"^The build ended with exit status 1; its last words: .*no Python frame.*$"):
        servers.start({"PYTHONHOME": "/nowhere"}, _job(), log, "The build")
    servers.close()


def test_a_process_to_fork_from_that_was_ended(log: IO[bytes]) -> None:
    servers = ForkServers()
    _said(servers.start(CPU, "no job", log, "It"))
    (server,) = servers._servers.values()
    os.kill(server._process.pid, signal.SIGKILL)
    server._process.wait()
    with pytest.raises(BuildError) as error:
        servers.start(CPU, "no job", log, "It")
    assert str(error.value) == "The process that builds are forked from was ended: run again."
    servers.close()


def _model(folder: Path, *statements: str) -> LoadedProblem:
    """Returns a problem whose model does something beside being made."""
    (folder / "p.py").write_text(
        "import os, subprocess, sys, time\nfrom longcon.problems import GbmProblem\n\nclass Own(GbmProblem):\n"
        "    def model(self, *given):\n"
        + "".join(f"        {statement}\n" for statement in statements)
        + "        return super().model(*given)\n"
    )
    options: dict[str, str | int | None] = {"features": 20, "workspace": str(folder)}
    return ProblemSource(f"{folder / 'p.py'}:Own", options).load()


SHAPE = TrainingShape(20, 3, Recipe(k=2, widths=(5,)))
PRINTED = {
    "half a line": "print('half a line', end=''); os.write(1, b'and another')",
    "messages": 'print(\'{"pid": %d}\\n{"done": [1]}\\n{"status": 0}\' % os.getppid(), flush=True)',
    "messages past Python": 'os.write(1, b\'\\n{"pid": %d}\\n{"status": 0}\\n\' % os.getppid())',
    "messages where nobody prints": 'print(\'{"error": "no"}\\n{"status": 1}\', file=sys.__stdout__, flush=True)',
}


@pytest.mark.parametrize("how", PRINTED)
def test_what_a_model_prints_stands_in_no_ones_way(tmp_path: Path, how: str) -> None:
    """Not even half a line before a message, nor what looks like one: the number of a process to be killed."""
    problem = _model(tmp_path, PRINTED[how])
    runner = Runner(told(problem))
    (found,) = runner.fingerprints(Device("cpu"), [SHAPE])
    assert found["probes"]["training"]
    runner.close()


def _has_ended(pid: int) -> bool:
    """Whether a process ends within a minute; one that nobody has asked for its status has."""
    for _ in range(600):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.1)
    return False


def _started(folder: Path, servers: ForkServers, log: IO[bytes], *statements: str) -> tuple[JobProcess, list[int]]:
    """Starts a job whose model writes the numbers of processes into a file, and returns these."""
    problem = _model(folder, *statements)
    source = {"source": problem.source.as_json(), "identity": dict(problem.identity)}
    process = servers.start(CPU, _job(task="fingerprint", shapes=[SHAPE.as_json()], problem=source), log, "It")
    numbers = folder / "numbers"
    for _ in range(600):
        if numbers.exists() and numbers.read_text().endswith("\n"):
            break
        time.sleep(0.1)
    return process, [int(number) for number in numbers.read_text().split()]


_TELLS = "open('{folder}/numbers', 'a').write('%d %d\\n' % (os.getpid(), started.pid))"


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="whether a process has ended is read from /proc")
@pytest.mark.parametrize("how", ["killed", "unheard"])
def test_what_a_model_starts_ends_with_it(tmp_path: Path, servers: ForkServers, log: IO[bytes], how: str) -> None:
    """Killed, or left behind by a run that was killed itself: it must not train on beside the next run."""
    sleeps = "started = subprocess.Popen(['sleep', '600'])"
    tells = _TELLS.format(folder=tmp_path)
    process, numbers = _started(tmp_path, servers, log, sleeps, tells, "time.sleep(600)")
    lines = process.lines()
    process.started(json.loads(next(lines))["pid"])
    if how == "killed":
        process.kill()
        assert [json.loads(line) for line in lines] == [{"status": -signal.SIGKILL}]
    lines.close()
    assert [_has_ended(number) for number in numbers] == [True, True]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="whether a process has ended is read from /proc")
def test_what_a_model_leaves_running_is_ended(tmp_path: Path, servers: ForkServers, log: IO[bytes]) -> None:
    """It would keep a processor, or a GPU's memory, from the next build."""
    sleeps, tells = "started = subprocess.Popen(['sleep', '600'])", _TELLS.format(folder=tmp_path)
    process, numbers = _started(tmp_path, servers, log, sleeps, tells)
    assert [list(message) for message in _said(process)][-1] == ["status"]
    assert [_has_ended(number) for number in numbers] == [True] * len(numbers)


def test_a_job_for_which_there_is_no_room(
    servers: ForkServers, log: IO[bytes], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "nowhere"))
    with pytest.raises(StoreError) as error:
        servers.start(CPU, _job(), log, "It")
    assert str(error.value) == (
        "A temporary file could not be written (No such file or directory): make room or rights for it, or set TMPDIR "
        "to another folder."
    )
