"""What workloads are told."""

import re
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field

from tripod.core.naming import ENVIRONMENTS
from tripod.core.patterns import ALPHABETIC_LABEL
from tripod.core.problems import MapKey, Path, Problem
from tripod.core.spec import Spec, Whole

_REGISTRY, _PATH = r"[a-z0-9.-]+\.[a-z0-9.-]+(:\d+)?", r"[a-z0-9._/-]+"
_PINNED = re.compile(rf"{_REGISTRY}/{_PATH}(:[\w.-]+)?@sha256:[0-9a-f]{{64}}")


def name_problems(name: str, path: Path) -> Iterator[Problem]:
    """A name that Kubernetes does not take for a Service."""
    if not re.fullmatch(ALPHABETIC_LABEL, name):
        yield Problem(path, repr(name), "lower-case letters, digits and hyphens; at most 63", "change the name")


def image_problems(image: str, path: Path) -> Iterator[Problem]:
    """An image that could be another tomorrow, or in another stack."""
    if not _PINNED.fullmatch(image):
        allowed = "registry, path and digest: registry.example.com/shop/web@sha256:…"
        yield Problem(path, repr(image), allowed, "pin the image by its digest: every stack runs the same")
        return
    tag = re.search(r":([\w.-]+)@", image)
    words = re.split(r"[._-]", tag[1].lower()) if tag else []
    named = [word for word in words if word in ENVIRONMENTS]
    if named:
        remedy = "build one image for all stacks, and tell it what differs by its environment"
        yield Problem(path, repr(image), f"a tag that names no stack ({named[0]})", remedy)


def host_problems(host: str, path: Path) -> Iterator[Problem]:
    """A host that is no name in DNS."""
    if not re.fullmatch(r"(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", host):
        yield Problem(path, repr(host), "a name such as shop.example.com", "correct the name")


class ContainerResourcesSpec(Spec):
    """What a container asks for."""

    cpu: str
    """Processor time that is kept for it, such as 100m."""
    memory: str
    """Memory that is kept for it, such as 128Mi."""
    memory_limit: str | None = None
    """Memory beyond which it is ended; by default what is kept for it."""

    def _rules(self) -> Iterator[Problem]:
        if not re.fullmatch(r"\d+(\.\d+)?m?", self.cpu):
            yield Problem(("cpu",), repr(self.cpu), "such as 100m or 0.5", "correct the amount")
        for field in ("memory", "memory_limit"):
            given: str | None = getattr(self, field)
            if given is not None and not re.fullmatch(r"\d+(Ki|Mi|Gi)", given):
                yield Problem((field,), repr(given), "such as 128Mi or 1Gi", "correct the amount")


class ProbeSpec(Spec):
    """What a container is asked over HTTP."""

    path: str
    """The path; 200 to 399 is a yes."""
    port: Whole | None = None
    """The port; by default the service's."""
    period_seconds: Whole = 10
    """Seconds between two questions."""
    failure_threshold: Whole = 3
    """How many times in a row it may fail."""
    initial_delay_seconds: Whole = 0
    """Seconds before the first question."""

    def _rules(self) -> Iterator[Problem]:
        if not self.path.startswith("/"):
            yield Problem(("path",), repr(self.path), "a path that begins with /", f"did you mean /{self.path}?")


class ReplicasSpec(Spec):
    """How many pods there are."""

    minimum: Whole = 2
    """The fewest."""
    maximum: Whole = 6
    """The most."""
    cpu_percent: Whole = 70
    """Of what each asked for, how much they use when more are added."""

    def _rules(self) -> Iterator[Problem]:
        if self.minimum < 2:
            yield Problem(("minimum",), str(self.minimum), "2 or more", "keep one for the time when the other is lost")
        if self.maximum < self.minimum:
            yield Problem(("maximum",), str(self.maximum), f"{self.minimum} or more", "raise it")
        if not 10 <= self.cpu_percent <= 95:
            yield Problem(("cpu_percent",), str(self.cpu_percent), "10 to 95", "leave room for the time of scaling")


class SecretKeySpec(Spec):
    """A key of a Secret in the same namespace."""

    secret: str
    """The Secret's name."""
    key: str
    """The key in it."""


class PodSpec(Spec):
    """What a workload's pods are."""

    name: str
    """The service's name."""
    namespace: str
    """Where it lives; the namespace exists."""
    port: Whole = 8080
    """The port that its container listens on."""
    arguments: tuple[str, ...] = ()
    """The container's arguments; by default its image's."""
    environment: dict[str, str] = Field(default_factory=dict)
    """Variables. Never a secret."""
    secret_environment: dict[str, SecretKeySpec] = Field(default_factory=dict)
    """Variables whose values are keys of Secrets."""
    resources: ContainerResourcesSpec
    """What a container asks for."""
    readiness: ProbeSpec
    """Whether it may be sent requests."""
    liveness: ProbeSpec
    """Whether it must be restarted."""
    user: Whole = 65532
    """The user that it runs as; never root."""
    internet: bool = False
    """Whether it may call what is outside the cluster."""
    overrides: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Kind/name of an object → what is laid over it: mappings are merged, anything else is replaced, null removes."""

    def _rules(self) -> Iterator[Problem]:
        yield from name_problems(self.name, ("name",))
        yield from name_problems(self.namespace, ("namespace",))
        if not 1024 <= self.port <= 65535:
            allowed = "1024 to 65535: an ordinary user opens no lower one"
            yield Problem(("port",), str(self.port), allowed, "have the program listen there")
        if self.user < 1:
            yield Problem(("user",), str(self.user), "any user but root (0)", "choose an ordinary user")
        for variable in self.environment:
            if re.search(r"PASSWORD|SECRET|TOKEN|PRIVATE|CREDENTIAL", variable.upper()):
                yield Problem(
                    ("environment", MapKey(variable)),
                    "a value that is not shown",
                    "no secret in clear",
                    "name a Secret's key in secretEnvironment",
                )


class WebServiceSpec(PodSpec):
    """A service that answers over HTTP."""

    image: str
    """Its image, by digest."""
    hosts: tuple[str, ...] = ()
    """The names under which it is reached from outside; none for a service that only others in the cluster call."""
    visibility: Literal["private", "public"] = "private"
    """In which zone its hosts are written."""
    entry: Literal["ingress-nginx", "gateway"] = "ingress-nginx"
    """Through what it is reached: the cluster's own choice, addOns.ingress."""
    issuer: str | None = None
    """The cluster issuer of a certificate of its own, through ingress-nginx; by default the entry's certificate."""
    replicas: ReplicasSpec = ReplicasSpec()
    """How many pods there are."""

    def _rules(self) -> Iterator[Problem]:
        yield from super()._rules()
        yield from image_problems(self.image, ("image",))
        if self.issuer is not None and self.entry == "gateway":
            allowed = "no issuer with entry: gateway"
            yield Problem(("issuer",), repr(self.issuer), allowed, "the Gateway has the certificates: add it there")
        for position, host in enumerate(self.hosts):
            yield from host_problems(host, ("hosts", position))
            if host in self.hosts[:position]:
                yield Problem(("hosts", position), repr(host), "each host once", "remove it")


class BlueGreenSpec(PodSpec):
    """A service with two sides, of which one is live."""

    blue: str
    """The image of one side, by digest."""
    green: str
    """The image of the other."""
    live: Literal["blue", "green"]
    """The side that is called. The other is kept, ready to be called again."""
    replicas: Whole = 2
    """How many pods each side has."""

    def _rules(self) -> Iterator[Problem]:
        yield from super()._rules()
        for side in ("blue", "green"):
            yield from image_problems(getattr(self, side), (side,))
        if self.replicas < 2:
            yield Problem(
                ("replicas",), str(self.replicas), "2 or more", "keep one for the time when the other is lost"
            )


class DatabaseBindingSpec(Spec):
    """A database by a name in the cluster."""

    name: str
    """What applications of the namespace call it."""
    namespace: str
    """Where they live."""
    port: Whole = 5432
    """Its port."""
    ranges: tuple[str, ...]
    """The ranges of its subnets, to which a way is opened."""
    used_by: tuple[str, ...]
    """The services that use it."""

    def _rules(self) -> Iterator[Problem]:
        yield from name_problems(self.name, ("name",))
        yield from name_problems(self.namespace, ("namespace",))
        for position, service in enumerate(self.used_by):
            yield from name_problems(service, ("used_by", position))
        if not self.used_by:
            yield Problem(
                ("used_by",), "nobody", "the services that use it", "name them: the way is opened to them alone"
            )


class EndSpec(Spec):
    """One end of a call: a service, as WebService or BlueGreen makes it."""

    name: str
    """The service's name."""
    namespace: str
    """Where it lives."""

    def _rules(self) -> Iterator[Problem]:
        yield from name_problems(self.name, ("name",))
        yield from name_problems(self.namespace, ("namespace",))


class AllowCallsSpec(Spec):
    """One service may call another; not the other way round."""

    caller: EndSpec
    """Who calls."""
    callee: EndSpec
    """Who is called."""
    port: Whole = 8080
    """The port that the callee listens on."""

    def _rules(self) -> Iterator[Problem]:
        if self.caller == self.callee:
            yield Problem(("callee",), repr(self.callee.name), "another service than the caller", "correct one of them")
