"""The writer: puts the audit where it was asked for, once every other plugin has written what it has to say."""

from __future__ import annotations

from collections.abc import Callable, Generator

import pytest

from fixtures.options import Settings
from longcon.audit import publish, remove, require_replaceable
from longcon.audit.verification import PAGE
from longcon.builds.files import write_file
from longcon.errors import LongconError
from reports.audit import JUNIT, audit_of
from reports.page import log_of
from reports.pytest_files import PytestFiles
from reports.record import Run


class AuditWriter:
    """Writes the audit at the end of a run; an earlier one does not outlive a run that ends without one.

    Args:
        config: pytest's.
        settings: of the run.
        run: returns the run that has ended, or None where nothing was decided.

    Raises:
        AuditError: the folder holds what longcon did not write, or cannot be written.
    """

    def __init__(self, config: pytest.Config, settings: Settings, run: Callable[[], Run | None]) -> None:
        self._config, self._settings, self._run = config, settings, run
        require_replaceable(settings.audit)
        remove(settings.audit)
        self._files = PytestFiles(config)
        self.fault: str | None = None
        self.manifest: str | None = None

    @pytest.hookimpl(wrapper=True, trylast=True)
    def pytest_sessionfinish(self) -> Generator[None, None, None]:
        """Writes the audit after pytest-html and JUnit have written, and before the terminal tells where it is."""
        yield
        self._files.tell_of(self._config, self._settings.audit / JUNIT)
        run = self._run()
        if run is None:
            return
        try:
            log = self._files.html
            files = audit_of(run, log_of(log) if log is not None else None, self._files.junit)
            self.manifest = publish(self._settings.audit, files)
            if self._files.copy is not None:
                write_file(self._files.copy, files[PAGE])
        except LongconError as error:
            self.fault = str(error)

    def pytest_unconfigure(self) -> None:
        """Removes what was written aside."""
        self._files.close()
