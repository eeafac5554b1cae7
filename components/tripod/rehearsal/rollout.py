"""Rollout status of an applied Deployment, DaemonSet or Job."""

from tripod.core.json_types import JsonMapping


def unfinished(found: JsonMapping) -> str | None:
    """Describe an unfinished rollout; None once it is complete.

    Args:
        found: the object, as the API server has it.
    """
    kind, spec, status = found["kind"], found.get("spec", {}), found.get("status", {})
    if kind not in _ROLLOUT_CHECKS:
        return None
    if status.get("observedGeneration", 0) < found["metadata"].get("generation", 0) and kind != "Job":
        return "has not been looked at"
    return _ROLLOUT_CHECKS[kind](spec, status)


def failed(found: JsonMapping) -> str | None:
    """Return the reason why a rollout has failed; None if it has not."""
    status: JsonMapping = found.get("status") or {}
    conditions: list[JsonMapping] = status.get("conditions") or []
    for condition in conditions:
        if condition["type"] == "Failed" and condition["status"] == "True":
            return str(condition.get("message") or "failed")
        if condition.get("reason") == "ProgressDeadlineExceeded":
            return str(condition["message"])
    return None


def _deployment(spec: JsonMapping, status: JsonMapping) -> str | None:
    wanted = spec.get("replicas", 1)
    updated, available, there = (status.get(key, 0) for key in ("updatedReplicas", "availableReplicas", "replicas"))
    if updated < wanted or available < wanted or there > updated:
        return f"{updated} of {wanted} pods are new, {available} of {there} are ready"
    return None


def _daemon_set(spec: JsonMapping, status: JsonMapping) -> str | None:
    del spec
    wanted, ready = status.get("desiredNumberScheduled", 0), status.get("numberAvailable", 0)
    updated = status.get("updatedNumberScheduled", 0)
    return None if min(ready, updated) >= wanted else f"{min(ready, updated)} of {wanted} pods are ready"


def _job(spec: JsonMapping, status: JsonMapping) -> str | None:
    wanted, done = spec.get("completions", 1), status.get("succeeded", 0)
    return None if done >= wanted else f"{done} of {wanted} pods have succeeded"


_ROLLOUT_CHECKS = {"Deployment": _deployment, "DaemonSet": _daemon_set, "Job": _job}
