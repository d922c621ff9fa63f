"""Software: what a problem's code imports, and in which version."""

from __future__ import annotations

from importlib.metadata import version

import pytest

from longcon.problems.software import imported_by, versions_of

SOURCES: dict[str, tuple[bytes, set[str]]] = {
    "import": (b"import numpy as np, torch.nn", {"numpy", "torch"}),
    "from": (b"from sklearn.svm import SVC", {"sklearn"}),
    "in a function": (b"def model():\n    import torchvision\n", {"torchvision"}),
    "beside the file": (b"from . import net\nfrom .net import Net", set()),
    "nothing": (b"", set()),
    "no Python": (b"def (:", set()),
    "a zero byte": (b"import numpy\0", set()),
}


@pytest.mark.parametrize(("source", "names"), SOURCES.values(), ids=SOURCES.keys())
def test_the_names_that_a_file_imports(source: bytes, names: set[str]) -> None:
    assert imported_by(source) == names


def test_versions_are_those_of_the_installed_packages() -> None:
    """A module's name need not be its package's; what is not installed, or Python's own, or longcon, has no version."""
    assert versions_of({"sklearn", "numpy", "json", "not_there", "longcon"}) == {
        "numpy": version("numpy"),
        "scikit-learn": version("scikit-learn"),
    }
