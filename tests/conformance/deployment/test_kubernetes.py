"""The manifests are what a current Kubernetes takes, and what a fleet needs.

By the schemas of its API here. What a server refuses beyond those is tried on a real one by `tests/cluster`.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

from bulk_importer.settings import definitions
from bulk_importer.settings.units import DURATION
from support.places import CONFIG

FOLDER = CONFIG / "kubernetes" / "volume"
MANIFESTS = sorted(path for path in FOLDER.glob("*.yaml") if path.name != "kustomization.yaml")
JOBS = ("plan", "work", "gather")


def read(path: Path) -> Any:
    """What stands in it."""
    return yaml.safe_load(path.read_text())


def job(name: str) -> Any:
    """The specification of a Job."""
    return read(FOLDER / f"{name}.yaml")["spec"]


def pod(name: str) -> Any:
    """That of its pods."""
    return job(name)["template"]["spec"]


def environment() -> dict[str, str]:
    """What every pod finds in its environment."""
    literals = read(FOLDER / "kustomization.yaml")["configMapGenerator"][0]["literals"]
    return dict(each.split("=", 1) for each in literals)


def flag(name: str, which: str) -> str:
    """The value of a flag in the command of a Job."""
    arguments = pod(name)["containers"][0]["args"]
    return str(arguments[arguments.index(which) + 1])


@pytest.mark.parametrize("path", MANIFESTS, ids=lambda path: path.stem)
def test_a_manifest_is_what_a_current_kubernetes_knows(path: Path) -> None:
    """With no field that its schema has not."""
    kubernetes_validate.validate(read(path), "1.37", strict=True)


def test_every_manifest_is_part_of_the_whole() -> None:
    """What is applied is what lies there."""
    assert sorted(read(FOLDER / "kustomization.yaml")["resources"]) == [path.name for path in MANIFESTS]
    assert read(CONFIG / "kubernetes" / "bucket" / "kustomization.yaml")["resources"] == ["../volume"]


def test_as_many_pods_as_the_plan_has_shards_and_as_many_at_a_time_as_it_has_seats() -> None:
    """With fewer, parts would be left out; with more, pods would wait for a seat and use up their time."""
    assert job("work")["completions"] == int(flag("plan", "--shards"))
    assert job("work")["parallelism"] == int(flag("plan", "--at-once"))


@pytest.mark.parametrize("name", JOBS)
def test_a_job_ends_though_disruptions_are_not_counted(name: str) -> None:
    """And asks for what a policy for failures goes with."""
    assert job(name)["activeDeadlineSeconds"] > 0
    assert job(name)["podReplacementPolicy"] == "Failed"
    assert pod(name)["restartPolicy"] == "Never"
    assert ("backoffLimitPerIndex" in job(name)) == (job(name).get("completionMode") == "Indexed")
    assert {
        rule["onExitCodes"]["containerName"]
        for rule in job(name)["podFailurePolicy"]["rules"]
        if "onExitCodes" in rule
    } == {each["name"] for each in pod(name)["containers"]}


@pytest.mark.parametrize("name", JOBS)
def test_a_pod_has_more_time_to_end_than_what_is_in_flight_has_to_land(name: str) -> None:
    """Half of it is left for what has to be written down, on a volume or in a bucket."""
    grace = DURATION.read(environment()["BULK_IMPORTER_GRACE"])
    assert 2 * grace <= pod(name)["terminationGracePeriodSeconds"]


@pytest.mark.parametrize("name", JOBS)
def test_a_pod_keeps_the_restricted_profile_and_cannot_write_but_where_it_is_said(name: str) -> None:
    """No root, no capabilities, no token of the cluster; the secret is a file that others cannot read."""
    spec = pod(name)
    [container] = spec["containers"]
    assert spec["securityContext"]["runAsNonRoot"]
    assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not spec["automountServiceAccountToken"]
    secrets = [each["secret"] for each in spec["volumes"] if "secret" in each]
    assert [each["defaultMode"] & 0o007 for each in secrets] == [0]
    assert {each["mountPath"] for each in container["volumeMounts"]} >= {"/tmp"}
    assert container["resources"].keys() == {"requests", "limits"}


def test_every_variable_of_the_manifests_is_one_that_a_setting_has() -> None:
    """But for those that stand for a place in a command."""
    ours = {name for name in environment() if name.startswith("BULK_IMPORTER_")}
    ours |= {each["name"] for name in JOBS for each in pod(name)["containers"][0]["env"]}
    assert {name.removeprefix("BULK_IMPORTER_").lower() for name in ours} <= {
        each.name for each in definitions()
    }
    used = " ".join(" ".join(pod(name)["containers"][0]["args"]) for name in JOBS)
    assert {name for name in environment() if f"$({name})" in used} == {"SOURCE", "PLAN"}
