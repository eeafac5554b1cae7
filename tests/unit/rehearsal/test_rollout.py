"""Rollouts that are complete, that wait, and that have failed."""

from typing import Any

import pytest

from tripod.rehearsal.rollout import failed, unfinished


def found(kind: str, spec: dict[str, Any], **status: Any) -> dict[str, Any]:
    return {"kind": kind, "metadata": {"generation": 2}, "spec": spec, "status": {"observedGeneration": 2, **status}}


TWO = {"replicas": 2}
THREE = {"desiredNumberScheduled": 3, "numberAvailable": 3}
DONE = {"updatedReplicas": 2, "availableReplicas": 2, "replicas": 2}


@pytest.mark.parametrize(
    ("what", "waits"),
    [
        (found("ConfigMap", {}), None),
        (found("Deployment", TWO, **DONE), None),
        (found("Deployment", TWO, **{**DONE, "observedGeneration": 1}), "has not been looked at"),
        (found("Deployment", TWO), "0 of 2 pods are new, 0 of 0 are ready"),
        (found("Deployment", TWO, **{**DONE, "availableReplicas": 1}), "2 of 2 pods are new, 1 of 2 are ready"),
        # The old ones are still there: the new ones are not trusted yet.
        (found("Deployment", TWO, **{**DONE, "replicas": 3}), "2 of 2 pods are new, 2 of 3 are ready"),
        (found("DaemonSet", {}, **THREE, updatedNumberScheduled=2), "2 of 3 pods are ready"),
        (found("DaemonSet", {}, **THREE, updatedNumberScheduled=3), None),
        (found("Job", {}), "0 of 1 pods have succeeded"),
        (found("Job", {}, succeeded=1), None),
    ],
)
def test_what_is_waited_for(what: dict[str, Any], waits: str | None) -> None:
    assert unfinished(what) == waits


@pytest.mark.parametrize(
    ("condition", "why"),
    [
        (
            {"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "too late"},
            "too late",
        ),
        ({"type": "Failed", "status": "True", "message": "BackoffLimitExceeded"}, "BackoffLimitExceeded"),
        ({"type": "Failed", "status": "False"}, None),
        ({"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}, None),
    ],
)
def test_what_will_never_be(condition: dict[str, str], why: str | None) -> None:
    assert failed(found("Deployment", TWO, conditions=[condition])) == why
