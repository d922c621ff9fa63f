"""Effects: a setting that is undone is seen, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys

UNDONE = ("torch.use_deterministic_algorithms(False)", "torch.utils.deterministic.fill_uninitialized_memory = False")
# One process for all, since most of its time goes into the import of torch.
PROBE = """
import json, sys, torch
from longcon.devices import enforce
from longcon.devices.effects import effects_in_force

found = []
for undo in ("pass", *json.loads(sys.argv[1])):
    enforce()
    torch.utils.deterministic.fill_uninitialized_memory = True
    exec(undo)
    found.append(effects_in_force("cpu"))
print(json.dumps(found))
"""


def test_what_is_enforced_has_its_effect_and_what_is_undone_has_none() -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROBE, json.dumps(UNDONE)],
        env={**os.environ, "ATEN_CPU_CAPABILITY": "default"},
        capture_output=True,
        text=True,
        check=True,
    )
    enforced, *undone = json.loads(done.stdout)
    assert enforced == {"deterministic_algorithms": True, "full_float32_products": True, "cpu_capability": "DEFAULT"}
    assert [effects["deterministic_algorithms"] for effects in undone] == [False, False]
