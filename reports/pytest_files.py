"""What other plugins write for the audit: pytest-html's page and pytest's JUnit file, aside until the run has ended."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from pathlib import Path

import pytest

from longcon.audit import AuditError


class PytestFiles:
    """The files of other plugins, written aside until the run has ended.

    What the user asked for by ``--junitxml`` stays where it was asked for; ``--html`` names a second place for the
    audit's page.

    Args:
        config: pytest's, before those plugins are configured.
    """

    def __init__(self, config: pytest.Config) -> None:
        option = config.option
        folder = config.invocation_params.dir
        given = getattr(option, "htmlpath", None)
        self.copy = Path(folder, given).absolute() if given else None
        if self.copy is not None:
            _require_writable(self.copy)
        self._folder = Path(tempfile.mkdtemp(prefix="longcon-"))
        self._html: Path | None = None
        self._junit: Path | None = None
        self._named = False
        if hasattr(option, "htmlpath"):
            self._html = self._folder / "log.html"
            option.htmlpath, option.self_contained_html = str(self._html), True
        if hasattr(option, "xmlpath"):
            self._named = bool(option.xmlpath)
            if not self._named:
                self._junit = self._folder / "junit.xml"
                option.xmlpath = str(self._junit)

    def tell_of(self, config: pytest.Config, junit: Path) -> None:
        """Lets those plugins, which have written their files, name no place that will soon be gone.

        Args:
            config: pytest's.
            junit: where the JUnit file goes that the user named no place for.
        """
        for plugin in list(config.pluginmanager.get_plugins()):
            if type(plugin).__name__ == "SelfContainedReport":
                config.pluginmanager.unregister(plugin)
            elif type(plugin).__name__ == "LogXML" and self._named:
                self._junit = Path(plugin.logfile)
            elif type(plugin).__name__ == "LogXML":
                plugin.logfile = str(junit)

    @property
    def html(self) -> str | None:
        """The page that pytest-html wrote; None where it wrote none."""
        content = _read(self._html)
        return content.decode("utf-8", errors="replace") if content is not None else None

    @property
    def junit(self) -> bytes | None:
        """The JUnit file; None where none was written."""
        return _read(self._junit)

    def close(self) -> None:
        """Removes the folder."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _require_writable(place: Path) -> None:
    """Tries the place, and removes a page of an earlier run, which must not outlive a run that ends without one."""
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        place.unlink(missing_ok=True)
        place.touch()
        place.unlink()
    except OSError as error:
        raise AuditError(
            f"The report {place} cannot be written ({error.strerror}): give another place by --html=FILE."
        ) from None


def _read(path: Path | None) -> bytes | None:
    if path is not None:
        with contextlib.suppress(OSError):
            return path.read_bytes()
    return None
