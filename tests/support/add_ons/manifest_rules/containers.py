"""Rules about pods and containers: requests, limits, probes, images, nothing of the node's network."""

import re
from collections.abc import Iterator

from support.add_ons.manifest_rules.policy import (
    LONG_RUNNING,
    Object,
    PolicyContext,
    containers_of,
    every_container,
    listed,
    path_of,
    pod_of,
    problem,
    section,
)
from tripod.core.problems import Problem


def pod_problems(one: Object, context: PolicyContext) -> Iterator[Problem]:
    """Find broken rules of an object's pods.

    Args:
        one: the object; one without pods breaks none.
        context: settings of the rules.
    """
    pod = pod_of(one)
    if pod is None:
        return
    place = path_of(one)
    yield from _host_problems(place, pod, context)
    for container in every_container(pod):
        path = f"{place}/{container['name']}"
        yield from _resource_problems(path, container, context)
        yield from _image_problems(path, str(container.get("image", "")), context)
    if one["kind"] in LONG_RUNNING:
        for container in containers_of(pod):
            yield from _probe_problems(f"{place}/{container['name']}", container, context)


def _host_problems(place: str, pod: Object, context: PolicyContext) -> Iterator[Problem]:
    """Find pods that use the node's network or ports."""
    if not context.applies("host", place):
        return
    if pod.get("hostNetwork"):
        yield problem(place, "hostNetwork", "true", "a network of its own", "use a Service, or give the reason")
    for container in every_container(pod):
        for port in listed(container, "ports"):
            if port.get("hostPort"):
                where = f"{place}/{container['name']}"
                yield problem(where, "hostPort", port["hostPort"], "no port of the node", "use a Service")


def _resource_problems(place: str, container: Object, context: PolicyContext) -> Iterator[Problem]:
    requests, limits = section(container, "resources", "requests"), section(container, "resources", "limits")
    for kind in ("cpu", "memory"):
        # What is limited and asks for nothing asks for its limit.
        if not requests.get(kind) and not limits.get(kind) and context.applies("requests", place):
            yield problem(place, "requests", f"nothing of {kind}", "what it needs", f"set resources.requests.{kind}")
    if not limits.get("memory") and context.applies("limits", place):
        yield problem(place, "limits", "no memory", "the most that it may have", "set resources.limits.memory")


def _probe_problems(place: str, container: Object, context: PolicyContext) -> Iterator[Problem]:
    for kind in ("readiness", "liveness"):
        if not container.get(f"{kind}Probe") and context.applies(kind, place):
            yield problem(place, f"{kind}Probe", "nothing", "a probe", "ask the program's health endpoint")


def _image_problems(place: str, image: str, context: PolicyContext) -> Iterator[Problem]:
    """Find images that are not pinned, are named after a stack, or are outside the mirrors."""
    name, _, digest = image.partition("@")
    tag = tag_of(name)
    if not digest and tag in ("", "latest"):
        yield problem(place, "image", repr(image), "a tag that stays, or a digest", "pin the image")
    for stack in context.stacks:
        if stack in re.split(r"[-._]", tag.lower()):
            yield problem(place, "image", repr(image), "a tag without a stack's name", "build one image for all stacks")
    if context.mirrors and not any(image.startswith(f"{mirror}/") for mirror in context.mirrors.values()):
        yield problem(place, "image", repr(image), "an image in a mirror", "take its name through ClusterFacts.image")


def tag_of(name: str) -> str:
    """The tag of an image name without its digest, or ""; a registry's port is no tag."""
    return name.rpartition("/")[2].partition(":")[2]
