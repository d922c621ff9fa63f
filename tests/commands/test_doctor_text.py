"""The doctor's report in words."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from longcon.builds.health import store_health
from longcon.commands.doctor_text import as_text
from tests.builds.small_builds import small_store
from tests.commands.doctor_findings import CPU, GPU, report


def test_the_text_is_aligned(tmp_path: Path) -> None:
    small_store(tmp_path, 1, 2)
    health = store_health(tmp_path)
    assert health is not None
    health = replace(health, size=2048, free=3 << 30)
    found = report([CPU, GPU], health)
    found = replace(found, machine={"processor": "a processor", "cores": 2, "memory": 8 << 30, "system": "an OS"})
    found = replace(found, versions={"longcon": "1.0", "code": "0" * 32})
    assert as_text(found) == (
        "machine\n"
        "  processor  a processor\n"
        "  cores      2 usable\n"
        "  memory     8.0 GiB\n"
        "  system     an OS\n"
        "\n"
        "versions\n"
        "  longcon  1.0\n"
        "  code     0000000000000000\n"
        "  installed packages: all are those of the lock.\n"
        "\n"
        "devices, probed in the shapes of a validation without options: 5,000 features, 7 classes, k=2, float64\n"
        "\n"
        "  cpu\n"
        "    numeric class             0123456789abcdef...\n"
        "    kernels on the CPU        AVX2\n"
        "    deterministic algorithms  yes\n"
        "    full float32 products     yes\n"
        "    variables                 OMP_NUM_THREADS=1\n"
        "\n"
        "    surrogate         trainings  commands\n"
        "    order:1           effective  -          default\n"
        "    mkl:COMPATIBLE    effective  no effect  default\n"
        "    mkl:AVX2          effective  no effect  computes as mkl:COMPATIBLE does\n"
        "    openblas:Haswell  -          -          could not be tried\n"
        "\n"
        "  cuda:0\n"
        "    numeric class             fedcba9876543210...\n"
        "    GPU                       a card, compute capability 9.0\n"
        "    kernels on the CPU        AVX2\n"
        "    deterministic algorithms  yes\n"
        "    full float32 products     yes\n"
        "    variables                 OMP_NUM_THREADS=1\n"
        "\n"
        "    surrogate  trainings  commands\n"
        "    order:1    no effect  -         default\n"
        "\n"
        "store /lab/store\n"
        "  builds      2 sound, 0 altered\n"
        "  unfinished  0\n"
        "  left over   0\n"
        "  size        2.0 KiB, and 3.0 GiB free\n"
        "  writable    yes\n"
        "\n"
        "to do\n"
        "  The fingerprint of cpu+openblas:Haswell ended.\n"
        "\n"
        "nothing stands against a validation here; 1 thing to do\n"
    )
