"""Rule `malicious`: what is reported counts, however little it weighs otherwise."""

from __future__ import annotations

import pytest
from made import paths, project, scored
from strategies import fact

from depfrag.rules.malicious import RULE


def found(value, **more):
    return list(RULE.check(project(scored("evil@1.0", facts={"malicious": fact(value)}, **more)), paths))


def test_a_report_is_a_critical_finding_with_its_paths():
    (finding,) = found(("MAL-2024-1", "MAL-2024-2"), lower=0, dependents=0)
    assert (finding.level, finding.subject) == ("critical", "npm:evil@1.0")
    assert finding.message == "evil 1.0: reported to be malicious (MAL-2024-1, MAL-2024-2)"
    assert finding.paths == (("root:.", "npm:evil@1.0"),)
    assert finding.remedy.startswith("remove it")
    assert set(finding.facts) == {"malicious"}


@pytest.mark.parametrize("value", [False, (), "MAL-1", True])
def test_anything_but_ids_is_no_report(value):
    assert not found(value)


def test_what_nobody_knows_is_no_report():
    assert not list(RULE.check(project(scored()), paths))
