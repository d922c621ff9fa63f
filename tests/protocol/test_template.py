"""The template: it names every key, and says what the defaults say."""

from __future__ import annotations

import hashlib
from pathlib import Path

from longcon.protocol import Protocol, template
from longcon.protocol.kinds import KINDS
from tests.protocol.protocol_files import read


def test_the_template_says_what_the_defaults_say(tmp_path: Path) -> None:
    found, default = read(tmp_path, template()), Protocol()
    for name in ("problem", "recipe", "devices", "limits", "advisory"):
        assert found.section(name) == default.section(name), name
    assert found.identity.title
    assert len(found.signatories) == 2
    assert found.digest == hashlib.sha256(template().encode()).hexdigest()
    assert found.file == tmp_path / "p.toml"


def test_the_template_names_every_key() -> None:
    for section, keys in KINDS.items():
        for key in keys:
            assert f"\n{key} = " in template(), (section, key)
