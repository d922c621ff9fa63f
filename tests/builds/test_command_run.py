"""Runs of commands: real processes that succeed, fail, hang, flood, and write where they may not."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import pytest

from longcon.builds.command_folder import CommandFolder
from longcon.builds.command_log import KEPT, with_log
from longcon.builds.command_run import end_command, run_command
from longcon.devices import Device, parse_surrogate
from longcon.errors import BuildError, RunEndedError, StoreError
from longcon.problems.command import Command

ADVICE = "let it write in {out} or in $TMPDIR"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with what commands read: code, a helper beside it, and a file that is too large to be code."""
    for name, content in (("main.py", "import helper"), ("helper.py", "print('helped')"), ("data/a.csv", "1\n")):
        path = tmp_path / "site" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    (tmp_path / "site" / "large").write_bytes(bytes(5 << 20))
    return tmp_path / "site"


def _shell(site: Path, script: str, reads: tuple[str, ...] = ("data", "large"), timeout: float = 20.0) -> Command:
    escaped = script.replace("{", "{{").replace("}", "}}")
    return Command(f"sh -c '{escaped}' {{out}}", site, reads, timeout, parameters=False)


def _run(command: Command, work: Path, environment: dict[str, str] | None = None) -> str:
    found = dict(os.environ) if environment is None else environment
    return run_command(command, {"seed": "1"}, found, work, started=lambda _: None)


def _text(command: Command, work: Path) -> str:
    with pytest.raises(BuildError) as error:
        _run(command, work)
    return str(error.value)


def test_a_command_that_succeeds_leaves_its_files_and_returns_its_log(site: Path, tmp_path: Path) -> None:
    script = "echo one; echo two >&2; cat > $0/scores.csv; wc -c < large; cat data/a.csv; touch $TMPDIR/x; ls -R"
    log = _run(_shell(site, script), tmp_path / "work")
    assert log.split() == ["one", "two", str(5 << 20), "1", ".:", "data", "large", "./data:", "a.csv"]
    assert (tmp_path / "work" / "out" / "scores.csv").read_bytes() == b""


def test_a_helper_that_is_not_listed_is_not_found_and_one_that_is_listed_is(site: Path, tmp_path: Path) -> None:
    """Python looks beside the file that a link leads to, so a link would let it read what no digest covers."""
    line = "python main.py {out}"
    assert "No module named 'helper'" in _text(Command(line, site, (), 20.0, parameters=False), tmp_path / "one")
    assert _run(Command(line, site, ("helper.py",), 20.0, parameters=False), tmp_path / "two") == "helped\n"


def test_it_runs_in_the_environment_of_its_device(site: Path, tmp_path: Path) -> None:
    device = Device("cpu", parse_surrogate("openblas:Prescott"))
    script = "echo $OPENBLAS_CORETYPE $OMP_NUM_THREADS"
    assert _run(_shell(site, script), tmp_path / "work", device.process_environment()) == "Prescott 1\n"


def test_values_with_spaces_stay_one_argument(site: Path, tmp_path: Path) -> None:
    command = Command("sh -c 'echo $# $1' sh {seed} {out}", site, (), 20.0, parameters=False)
    log = run_command(command, {"seed": "a b"}, dict(os.environ), tmp_path / "w", started=lambda _: None)
    assert log == "2 a b\n"


FAILED = [
    ("exit 3", "The command failed with exit status 3: correct it or what it reads; its log is empty."),
    (
        "for i in 1 2 3 4 5 6 7; do echo line $i; echo; done; exit 1",
        "The command failed with exit status 1: correct it or what it reads; "
        "the end of its log: line 3 | line 4 | line 5 | line 6 | line 7",
    ),
    (
        "echo dying; kill -s SEGV $$",
        "The command was killed by SIGSEGV: correct it or what it reads; the end of its log: dying",
    ),
    ("kill -s 40 $$", "The command was killed by signal 40: correct it or what it reads; its log is empty."),
    (
        r"printf \\033[31mred\\007\\200\\342\\200\\256x; exit 2",
        "The command failed with exit status 2: correct it or what it reads; "
        r"the end of its log: \x1b[31mred\x07�\u202ex",
    ),
    (
        r"printf 10%%\\r20%%\\r; exit 2",
        "The command failed with exit status 2: correct it or what it reads; the end of its log: 10% | 20%",
    ),
]


@pytest.mark.parametrize(("script", "text"), FAILED, ids=[script for script, _ in FAILED])
def test_how_a_failure_is_told(site: Path, tmp_path: Path, script: str, text: str) -> None:
    assert _text(_shell(site, script), tmp_path / "work") == text


def test_a_program_that_cannot_be_started_is_told(site: Path, tmp_path: Path) -> None:
    (site / "tool").write_bytes(b"\x7fELF and nothing more")
    (site / "tool").chmod(0o755)
    assert _text(Command("./tool {out}", site, (), 20.0, parameters=False), tmp_path / "work") == (
        "The command could not be started (Exec format error): correct it; its log is empty."
    )


def test_a_quotation_is_bounded() -> None:
    text = str(with_log(BuildError("Wrong: mend it."), "\x1b" * 10_000))
    assert text == "Wrong: mend it; the end of its log: ..." + (r"\x1b" * 10_000)[-600:]


OUTSIDE = [
    ("echo x > new", "'new' was written in its working folder"),
    ("mkdir data/deep", "'data/deep' was written in its working folder"),
    ("echo x > data/a.csv", "'data/a.csv' was changed in its working folder"),
    ("rm large", "'large' was removed from its working folder"),
    ("rm -r data", "'data' was removed from its working folder"),
    ("rm large; echo x > large", "'large' was changed in its working folder"),
    ("echo x >> large", "'SITE/large' was changed, which it may only read"),
    ("rm SITE/data/a.csv", "'SITE/data/a.csv' was changed, which it may only read"),
    ("echo x > ../beside", "'beside' was written beside its working folder"),
    ("rm -r $0", "{out} was removed"),
    ("rm -r $0; ln -s /tmp $0", "{out} was removed"),
    (r"touch $(printf a\\377\\nb)", r"'a\udcff' was written in its working folder"),
]


@pytest.mark.parametrize(("script", "what"), OUTSIDE, ids=[script for script, _ in OUTSIDE])
def test_writing_outside_is_refused(site: Path, tmp_path: Path, script: str, what: str) -> None:
    text = _text(_shell(site, f"echo said; {script}".replace("SITE", str(site))), tmp_path / "work")
    what = what.replace("SITE", str(site))
    if "printf" in script:  # the shell makes two names of it, and either may be found first
        assert r"'a\udcff'" in text or "'b'" in text
        return
    assert text == f"The command wrote outside {{out}} ({what}): {ADVICE}; the end of its log: said"


def test_a_million_names_are_not_held_in_memory(site: Path, tmp_path: Path) -> None:
    """The first one that is too many ends the search; where there are folders, those below them are not looked at."""
    command = Command(
        f"{sys.executable} -c 'import os; [os.mkdir(str(i)) for i in range(20_000)]' {{out}}", site, (), 60.0, False
    )
    assert " was written in its working folder" in _text(command, tmp_path / "work")


def _is_gone(pid: int) -> bool:
    for _ in range(100):
        stat = Path(f"/proc/{pid}/stat")
        if not stat.exists() or ") Z " in stat.read_text():
            return True
        time.sleep(0.02)
    return False


# What a command leaves behind while its own process goes on for ever, or ends at once.
BEHIND = {
    "hangs": ("sleep 300 & echo $! > $0/pid; echo begun; sleep 300", True),
    "hangs deaf": ("exec 3>&1; (trap : TERM INT HUP; sleep 300) & echo $! > $0/pid; echo begun; sleep 300", True),
    "hangs without a log": ("sleep 300 & echo $! > $0/pid; echo begun; exec >&- 2>&-; sleep 300", True),
    "ends": ("sleep 300 & echo $! > $0/pid; echo begun", False),
}


@pytest.mark.parametrize("name", BEHIND)
def test_nothing_outlives_a_command(site: Path, tmp_path: Path, name: str) -> None:
    script, hangs = BEHIND[name]
    begun = time.monotonic()
    command = _shell(site, script, timeout=1.0)
    if hangs:
        assert _text(command, tmp_path / "work") == (
            "The command was still running after 1 seconds: give it more time, or make it end; "
            "the end of its log: begun"
        )
    else:
        assert _run(command, tmp_path / "work") == "begun\n"
    assert time.monotonic() - begun < 5
    assert _is_gone(int((tmp_path / "work" / "out" / "pid").read_text()))


def test_a_daemon_that_keeps_the_log_open_holds_nobody_up(site: Path, tmp_path: Path) -> None:
    begun = time.monotonic()
    log = _run(_shell(site, "setsid yes & sleep 0.1; echo $! > $0/pid"), tmp_path / "work")
    os.kill(int((tmp_path / "work" / "out" / "pid").read_text()), signal.SIGKILL)
    assert set(log.split()) <= {"y"}
    assert time.monotonic() - begun < 5


def test_a_flooded_log_takes_bounded_memory(site: Path, tmp_path: Path) -> None:
    command = _shell(site, "head -c 100000000 /dev/zero; echo end", timeout=60.0)
    tracemalloc.start()
    try:
        log = _run(command, tmp_path / "work")
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert log.endswith("end\n")
    assert len(log) == KEPT
    assert peak < 2 << 20


def test_a_run_is_ended_from_another_thread(site: Path, tmp_path: Path) -> None:
    processes: list[subprocess.Popen[bytes]] = []

    def started(process: subprocess.Popen[bytes]) -> None:
        processes.append(process)
        threading.Timer(0.3, end_command, [process]).start()

    command = _shell(site, "sleep 300 & echo begun; wait")
    with pytest.raises(BuildError) as error:
        run_command(command, {}, dict(os.environ), tmp_path / "work", started=started)
    assert str(error.value) == (
        "The command was killed by SIGKILL: correct it or what it reads; the end of its log: begun"
    )
    end_command(processes[0])  # of one that has ended: nothing, not even to another process of that number


def test_a_run_that_may_not_start_is_ended_at_once(site: Path, tmp_path: Path) -> None:
    """What is raised when the process is handed out, or while it is followed, leaves no process."""
    processes: list[subprocess.Popen[bytes]] = []

    def started(process: subprocess.Popen[bytes]) -> None:
        processes.append(process)
        raise RunEndedError("ended")

    with pytest.raises(RunEndedError):
        run_command(_shell(site, "sleep 300"), {}, dict(os.environ), tmp_path / "work", started=started)
    assert processes[0].returncode == -signal.SIGKILL


@pytest.fixture
def interruptible() -> Iterator[None]:
    """A process that was started in the background may have been told to ignore interrupts."""
    former = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, former)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_ends_the_run(site: Path, tmp_path: Path) -> None:
    processes: list[subprocess.Popen[bytes]] = []

    def started(process: subprocess.Popen[bytes]) -> None:
        processes.append(process)
        threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGINT]).start()

    with pytest.raises(KeyboardInterrupt):
        run_command(_shell(site, "sleep 300"), {}, dict(os.environ), tmp_path / "work", started=started)
    assert processes[0].returncode == -signal.SIGKILL


def test_a_folder_that_is_in_use_is_refused(site: Path, tmp_path: Path) -> None:
    (tmp_path / "work" / "out").mkdir(parents=True)
    (tmp_path / "work" / "work").mkdir()
    with pytest.raises(StoreError) as error:
        _run(_shell(site, "true"), tmp_path / "work")
    assert str(error.value) == (
        f"{tmp_path / 'work'} could not be written (File exists): make room or rights there, or give another --store."
    )


def test_its_places_have_names(tmp_path: Path) -> None:
    folder = CommandFolder(tmp_path, {}, {})
    assert (folder.files, folder.out, folder.temporary) == (tmp_path / "work", tmp_path / "out", tmp_path / "tmp")
