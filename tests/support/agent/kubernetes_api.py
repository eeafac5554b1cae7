"""A Kubernetes API in memory, as kubectl shows it: what a test's phases do there, and what is there after it."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from support.agent.instance import failed
from support.agent.kubernetes_nodes import FakeInstance
from tripod.bootstrap.agent.host.host import CommandError

UNREACHABLE = "The connection to the server 10.0.192.70:6443 was refused - did you specify the right host or port?"


def refused(reason: str, message: str = "no") -> CommandError:
    """What kubectl fails with when the server refuses."""
    return failed(f"Error from server ({reason}): {message}")


class Api:
    """Answers of kubectl on an instance.

    Attributes:
        objects: (kind, namespace, name) → object.
        posted: what was posted or put by path: (path, body).
        applied: names of what was applied.
        removed: names of what was deleted.
        faults: what the next commands fail with; None lets one through.
        refusals: path → what a post or put there fails with.
    """

    def __init__(self, standing: FakeInstance) -> None:
        self.objects: dict[tuple[str, str, str], dict[str, Any]] = {}
        self.posted: list[tuple[str, dict[str, Any]]] = []
        self.applied: list[str] = []
        self.removed: list[str] = []
        self.faults: list[CommandError | None] = []
        self.refusals: dict[str, CommandError] = {}
        self.raw: dict[str, str] = {"/readyz": "ok"}
        self._machine = standing.machine
        standing.machine.replies["kubectl"] = self._reply

    def put(self, kind: str, name: str, body: Mapping[str, Any], namespace: str = "") -> None:
        self.objects[kind, namespace, name] = {"metadata": {"name": name}, **body}

    def _reply(self, _: str, *arguments: str) -> str:
        fault = self.faults.pop(0) if self.faults else None
        if fault is not None:
            raise fault
        words = [one for one in arguments if not one.startswith("--")]
        flags = dict(one.lstrip("-").split("=", 1) for one in arguments if one.startswith("--") and "=" in one)
        commands: dict[str, Callable[[list[str], dict[str, str]], str]] = {
            "get": self._get,
            "create": self._create,
            "replace": self._write,
            "apply": self._apply,
            "delete": self._delete,
            "patch": self._patch,
        }
        return commands[words[0]](words[1:], flags)

    def _get(self, words: list[str], flags: dict[str, str]) -> str:
        if "raw" in flags:
            if flags["raw"] not in self.raw:
                raise refused("NotFound")
            return self.raw[flags["raw"]]
        kind = words[0].partition(".")[0]
        if len(words) == 1:
            return json.dumps({"items": [body for (one, _, _), body in self.objects.items() if one == kind]})
        namespace = words[words.index("kube-system")] if "kube-system" in words else ""
        found = self.objects.get((kind, namespace, words[1]))
        return "" if found is None else json.dumps(found)

    def _create(self, words: list[str], flags: dict[str, str]) -> str:
        body = json.loads(self._machine.given[-1])
        if "raw" in flags:
            return self._write(words, flags)
        key = (body["kind"].lower(), body["metadata"].get("namespace", ""), body["metadata"]["name"])
        if key in self.objects:
            raise refused("AlreadyExists")
        self.objects[key] = body
        return "created"

    def _write(self, _: list[str], flags: dict[str, str]) -> str:
        path = flags["raw"]
        if path in self.refusals:
            raise self.refusals[path]
        self.posted.append((path, json.loads(self._machine.given[-1])))
        return "done"

    def _apply(self, *_: object) -> str:
        self.applied = [item["metadata"]["name"] for item in json.loads(self._machine.given[-1])["items"]]
        return "applied"

    def _delete(self, words: list[str], _: dict[str, str]) -> str:
        self.removed.append(words[1])
        self.objects.pop((words[0], "", words[1]), None)
        return "deleted"

    def _patch(self, words: list[str], flags: dict[str, str]) -> str:
        self.posted.append(("/".join(words), json.loads(flags["patch"])))
        return "patched"


def pod(name: str, *, owner: str | None = "ReplicaSet", phase: str = "Running", **metadata: Any) -> dict[str, Any]:
    """A pod of the namespace ``team``."""
    owners = [{"kind": owner, "name": "x", "controller": True}] if owner else []
    return {
        "metadata": {"name": name, "namespace": "team", "uid": f"uid-{name}", "ownerReferences": owners, **metadata},
        "status": {"phase": phase},
    }


def eviction_path(name: str) -> str:
    """The path at which a pod of that namespace is evicted."""
    return f"/api/v1/namespaces/team/pods/{name}/eviction"
