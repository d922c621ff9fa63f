"""Deterministic settings: enforced, and read back from PyTorch rather than remembered."""

from __future__ import annotations

import pytest
import torch

from longcon.devices import REQUIRED_SETTINGS, enforce, settings_in_force


@pytest.fixture
def enforced(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    enforce()


@pytest.mark.usefixtures("enforced")
def test_what_is_enforced_is_what_is_required() -> None:
    assert settings_in_force() == REQUIRED_SETTINGS


@pytest.mark.usefixtures("enforced")
@pytest.mark.parametrize(
    ("name", "undo"),
    [
        ("deterministic_algorithms", lambda: torch.use_deterministic_algorithms(False)),
        ("deterministic_warn_only", lambda: torch.use_deterministic_algorithms(True, warn_only=True)),
        ("cudnn_benchmark", lambda: setattr(torch.backends.cudnn, "benchmark", True)),
        ("float32_matmul_precision", lambda: torch.set_float32_matmul_precision("medium")),
        ("threads", lambda: torch.set_num_threads(2)),
        ("flush_denormal", lambda: torch.set_flush_denormal(True)),
    ],
)
def test_a_setting_that_was_undone_is_seen(name: str, undo) -> None:  # type: ignore[no-untyped-def]
    undo()
    found = settings_in_force()
    enforce()
    assert found[name] != REQUIRED_SETTINGS[name]
