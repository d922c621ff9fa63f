"""pytest validation --protocol: the run says what it was held against, and what it was not held to."""

from __future__ import annotations

import hashlib
import html
from pathlib import Path

import pytest

from longcon.__main__ import main
from tests.validation.conftest import Validate

pytestmark = pytest.mark.slow


@pytest.fixture
def protocol(tmp_path: Path) -> Path:
    """The protocol that init writes."""
    assert main(["protocol", "init", f"--out={tmp_path}/protocol.toml"]) == 0
    return tmp_path / "protocol.toml"


def test_the_protocol_that_init_writes_runs_as_it_is(validate: Validate, protocol: Path) -> None:
    run = validate(f"--protocol={protocol}", "--k=2")
    assert run.code == 0, run.output
    digest = hashlib.sha256(protocol.read_bytes()).hexdigest()
    deviations = [
        '--surrogate is ["order:1"], in the protocol "by device"',
        "--epochs is 6, in the protocol 64",
        "--features is 300, in the protocol 5000",
    ]
    assert [line for line in run.output.splitlines() if line.startswith("deviation: ")] == [
        f"deviation: {text}" for text in deviations
    ]
    assert f"longcon protocol: {protocol}, version 1, SHA-256 {digest}" in run.output
    page = html.unescape(run.report)
    assert all(f"<li>deviation: {text}</li>" in page for text in deviations)
    assert "--features</code></th><td>5000</td><td>300</td>" in page
    for text in ("Rebuild validation of the GBM methylation classifier", "Not for clinical use", digest):
        assert text in page, text
