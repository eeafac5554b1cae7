"""Rules that every container keeps, and every pod: limits, probes, images, nothing of the node's network."""

import re
from collections.abc import Iterator

from tripod.addons.checks.house import (
    LONG_RUNNING,
    House,
    Object,
    containers_of,
    every_container,
    listed,
    place_of,
    pod_of,
    problem,
    section,
)
from tripod.core.problems import Problem


def pod_problems(one: Object, house: House) -> Iterator[Problem]:
    """What an object's pods break.

    Args:
        one: the object; anything but one with pods breaks nothing here.
        house: what it is held to.
    """
    pod = pod_of(one)
    if pod is None:
        return
    place = place_of(one)
    yield from _host_problems(place, pod, house)
    for container in every_container(pod):
        inside = f"{place}/{container['name']}"
        yield from _resource_problems(inside, container, house)
        yield from _image_problems(inside, str(container.get("image", "")), house)
    if one["kind"] in LONG_RUNNING:
        for container in containers_of(pod):
            yield from _probe_problems(f"{place}/{container['name']}", container, house)


def _host_problems(place: str, pod: Object, house: House) -> Iterator[Problem]:
    """The node's network is the node's."""
    if not house.binds("host", place):
        return
    if pod.get("hostNetwork"):
        yield problem(place, "hostNetwork", "true", "a network of its own", "use a Service, or give the reason")
    for container in every_container(pod):
        for port in listed(container, "ports"):
            if port.get("hostPort"):
                where = f"{place}/{container['name']}"
                yield problem(where, "hostPort", port["hostPort"], "no port of the node", "use a Service")


def _resource_problems(place: str, container: Object, house: House) -> Iterator[Problem]:
    requests, limits = section(container, "resources", "requests"), section(container, "resources", "limits")
    for kind in ("cpu", "memory"):
        # What is limited and asks for nothing asks for its limit.
        if not requests.get(kind) and not limits.get(kind) and house.binds("requests", place):
            yield problem(place, "requests", f"nothing of {kind}", "what it needs", f"set resources.requests.{kind}")
    if not limits.get("memory") and house.binds("limits", place):
        yield problem(place, "limits", "no memory", "the most that it may have", "set resources.limits.memory")


def _probe_problems(place: str, container: Object, house: House) -> Iterator[Problem]:
    for kind in ("readiness", "liveness"):
        if not container.get(f"{kind}Probe") and house.binds(kind, place):
            yield problem(place, f"{kind}Probe", "nothing", "a probe", "ask the program's health endpoint")


def _image_problems(place: str, image: str, house: House) -> Iterator[Problem]:
    """An image is pinned, is for every stack, and lies in a mirror where there are any."""
    name, _, digest = image.partition("@")
    tag = tag_of(name)
    if not digest and tag in ("", "latest"):
        yield problem(place, "image", repr(image), "a tag that stays, or a digest", "pin the image")
    for stack in house.stacks:
        if stack in re.split(r"[-._]", tag.lower()):
            yield problem(place, "image", repr(image), "a tag without a stack's name", "build one image for all stacks")
    if house.mirrors and not any(image.startswith(f"{mirror}/") for mirror in house.mirrors.values()):
        yield problem(place, "image", repr(image), "an image in a mirror", "take its name through platform.image")


def tag_of(name: str) -> str:
    """The tag of an image without its digest, "" where it has none; a registry's port is no tag."""
    return name.rpartition("/")[2].partition(":")[2]
