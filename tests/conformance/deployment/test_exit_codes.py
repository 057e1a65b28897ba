"""What schedulers are told of exit codes is what the program means by them."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest
import yaml

from bulk_importer.errors import ExitCode
from support.places import CONFIG


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("exit_codes", CONFIG / "exit_codes.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


GENERATOR = _generator()
FAILURES = {int(code) for code in ExitCode} - {0}


@pytest.mark.parametrize("name", GENERATOR.FILES)
def test_what_a_file_says_of_exit_codes_is_generated(name: str) -> None:
    """'python config/exit_codes.py' brings it up to date."""
    assert (CONFIG / name).read_text() == GENERATOR.renewed(name)


@pytest.mark.parametrize("name", [each for each in GENERATOR.FILES if each.endswith(".yaml")])
def test_a_job_knows_every_code_once_and_success_never(name: str) -> None:
    """Kubernetes takes neither 0 there, nor a code twice, nor codes that are out of order."""
    rules = yaml.safe_load((CONFIG / name).read_text())["spec"]["podFailurePolicy"]["rules"]
    values = [rule["onExitCodes"]["values"] for rule in rules if "onExitCodes" in rule]
    assert all(each == sorted(each) for each in values)
    assert sorted(code for each in values for code in each) == sorted(FAILURES)


@pytest.mark.parametrize("name", [each for each in GENERATOR.FILES if each.endswith(".yaml")])
def test_a_job_tries_again_what_may_run_again_and_nothing_else(name: str) -> None:
    """Pods that Kubernetes took away itself are replaced whatever they ended with, and not counted."""
    rules = yaml.safe_load((CONFIG / name).read_text())["spec"]["podFailurePolicy"]["rules"]
    assert rules[0] == {
        "action": "Ignore",
        "onPodConditions": [{"type": "DisruptionTarget", "status": "True"}],
    }
    counted = {
        code for rule in rules[1:] if rule["action"] == "Count" for code in rule["onExitCodes"]["values"]
    }
    assert counted == {int(code) for code in ExitCode if code.may_run_again}
