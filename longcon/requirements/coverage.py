"""Coverage: no check without a requirement, no requirement without a check."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from longcon.errors import did_you_mean
from longcon.requirements.requirement import Requirement


def fault_of_test(test: str, marked: object, catalogue: Sequence[Requirement]) -> str | None:
    """Returns what is wrong with the requirement that a test decides, in one sentence; None if nothing is.

    Args:
        test: name of the test.
        marked: the id it is marked with; None for none.
        catalogue: the requirements.
    """
    known = [requirement.id for requirement in catalogue]
    if marked is None:
        return (
            f"{test} decides no requirement, so nothing would come of it: mark it with "
            f'@pytest.mark.requirement("ID"), one of {", ".join(known)}.'
        )
    if marked not in known:
        hint = did_you_mean(str(marked), known)
        return f"{test} decides '{marked}', which is not in the catalogue{hint}: give one of {', '.join(known)}."
    return None


def faults_of_coverage(decided: Iterable[str], catalogue: Sequence[Requirement]) -> tuple[str, ...]:
    """Returns one sentence for every requirement that no test decides.

    Args:
        decided: ids that the tests of all of validation/ are marked with.
        catalogue: the requirements.
    """
    covered = set(decided)
    return tuple(
        f"{requirement.id} of the catalogue is decided by no test: "
        f'mark one in validation/ with @pytest.mark.requirement("{requirement.id}").'
        for requirement in catalogue
        if requirement.id not in covered
    )
