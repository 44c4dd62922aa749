"""What is installed and what runs in CI is pinned, and each exception of a security check says why."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
DEPLOYED = [ROOT / folder / "requirements.txt" for folder in ("shared", "functions/publish", "integrations/shared")]
LOCKS = [*sorted((ROOT / "locks").glob("*.txt")), *DEPLOYED]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PINNED = re.compile(r"[a-z0-9][a-z0-9._-]*(\[[a-z0-9,-]+\])?==[^ ]+( ;.*)?( --hash=sha256:[0-9a-f]{64})+")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_requirement_is_one_version_under_its_hashes(lock: Path) -> None:
    """Nothing else, and above all no address to download from."""
    text = lock.read_text(encoding="utf-8").replace("\\\n    ", "")
    lines = [line for line in text.splitlines() if line]
    assert lines
    assert not [line for line in lines if not PINNED.fullmatch(line)]


@pytest.mark.parametrize("lock", DEPLOYED, ids=lambda path: str(path.parent.relative_to(ROOT)))
def test_what_is_deployed_is_among_what_is_tested(lock: Path) -> None:
    """In the same version and under the same hashes."""
    tested = (ROOT / "locks" / "all.txt").read_text(encoding="utf-8")
    deployed = lock.read_text(encoding="utf-8").splitlines()
    assert not [line for line in deployed if line not in tested]


def test_the_engine_of_the_templates_is_deployed_with_publish_alone() -> None:
    """It and what it brings are many times all the rest."""
    layer, publish, channels = (each.read_text(encoding="utf-8") for each in DEPLOYED)
    assert "python-liquid==" in publish
    assert not {"python-liquid", "babel"} & {line.partition("==")[0] for line in (layer + channels).splitlines()}


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_may_only_read_and_runs_what_is_pinned(workflow: Path) -> None:
    """Actions by commit; no secret; and what CI does stands in .ci/run, where a person can run it."""
    read: Any = yaml.safe_load(workflow.read_text(encoding="utf-8"))
    steps = [step for job in read["jobs"].values() for step in job["steps"]]
    assert read["permissions"] == {}
    assert [job["permissions"] for job in read["jobs"].values()] == [{"contents": "read"}]
    assert all(re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"]) for step in steps if "uses" in step)
    assert "secrets." not in workflow.read_text(encoding="utf-8")
    assert [step["run"] for step in steps if "run" in step] == ["bash .ci/run"]


def test_each_exception_of_a_security_check_has_its_reason() -> None:
    """Those of the template's scan in its file, those of the code's on the line."""
    skipped = (ROOT / ".checkov.yaml").read_text(encoding="utf-8").partition("skip-check:\n")[2].splitlines()
    assert skipped
    assert not [line for line in skipped if not re.fullmatch(r"  - CKV\w+ # \w.{20,}", line)]
    lines = [
        line
        for folder in ("shared", "functions", "tools", "integrations")
        for path in (ROOT / folder).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if "nosec" in line
    ]
    assert lines
    assert not [line for line in lines if not re.search(r"# nosec B\d+  # \w.+", line)]
