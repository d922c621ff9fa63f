"""Build processes: one for each job, forked in the environment of its device, ended and told of like any other."""

from __future__ import annotations

import json
import os
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from longcon.builds.processes import ForkServers, JobProcess
from longcon.builds.runner import Runner, TrainingShape
from longcon.devices import Device, parse_device, parse_surrogate
from longcon.errors import BuildError
from longcon.problems import ProblemSource
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


def test_what_a_model_prints_stands_in_no_ones_way(tmp_path: Path) -> None:
    """Not even half a line, before a message."""
    (tmp_path / "p.py").write_text(
        "import os\nfrom longcon.problems import GbmProblem\n\nclass Loud(GbmProblem):\n"
        "    def model(self, *given):\n        print('half a line', end='')\n        os.write(1, b'and another')\n"
        "        return super().model(*given)\n"
    )
    options: dict[str, str | int | None] = {"features": 20, "workspace": str(tmp_path)}
    runner = Runner(ProblemSource(f"{tmp_path / 'p.py'}:Loud", options).load())
    (found,) = runner.fingerprints(Device("cpu"), [TrainingShape(20, 3, Recipe(k=2, widths=(5,)))])
    assert found["probes"]["training"]
    runner.close()
