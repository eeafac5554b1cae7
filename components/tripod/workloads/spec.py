"""Settings of workloads."""

import re
from collections.abc import Iterator
from contextlib import suppress
from ipaddress import ip_address
from typing import Any, Literal

from pydantic import Field

from tripod.core.naming import ENVIRONMENTS
from tripod.core.patterns import ALPHABETIC_LABEL
from tripod.core.problems import MapKey, Path, Problem
from tripod.core.spec import Spec, Whole

_REGISTRY, _PATH = r"[a-z0-9.-]+\.[a-z0-9.-]+(:\d+)?", r"[a-z0-9._/-]+"
_PINNED = re.compile(rf"{_REGISTRY}/{_PATH}(:[\w.-]+)?@sha256:[0-9a-f]{{64}}")


def name_problems(name: str, path: Path) -> Iterator[Problem]:
    """Find a name that is invalid for a Service."""
    if not re.fullmatch(ALPHABETIC_LABEL, name):
        yield Problem(path, repr(name), "lower-case letters, digits and hyphens; at most 63", "change the name")


def image_problems(image: str, path: Path) -> Iterator[Problem]:
    """Find an image that is not pinned by digest, or whose tag names a stack."""
    if not _PINNED.fullmatch(image):
        allowed = "registry, path and digest: registry.example.com/shop/web@sha256:…"
        yield Problem(path, repr(image), allowed, "pin the image by its digest: every stack runs the same")
        return
    tag = re.search(r":([\w.-]+)@", image)
    parts = re.split(r"[._-]", tag[1].lower()) if tag else []
    named = [part for part in parts if part in ENVIRONMENTS]
    if named:
        remedy = "build one image for all stacks, and configure it by environment variables"
        yield Problem(path, repr(image), f"a tag that names no stack ({named[0]})", remedy)


def host_problems(host: str, path: Path) -> Iterator[Problem]:
    """Find a host that is not a valid DNS name."""
    if not re.fullmatch(r"(\*\.)?([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+[a-z]{2,}", host):
        yield Problem(path, repr(host), "a name such as shop.example.com", "correct the name")


class ContainerResourcesSpec(Spec):
    """Resource requests and limits of a container."""

    cpu: str
    """Its processor request, such as 100m."""
    memory: str
    """Its memory request, such as 128Mi."""
    memory_limit: str | None = None
    """Its memory limit; by default its request."""

    def _rules(self) -> Iterator[Problem]:
        if not re.fullmatch(r"\d+(\.\d+)?m?", self.cpu):
            yield Problem(("cpu",), repr(self.cpu), "such as 100m or 0.5", "correct the amount")
        for field in ("memory", "memory_limit"):
            given: str | None = getattr(self, field)
            if given is not None and not re.fullmatch(r"\d+(Ki|Mi|Gi)", given):
                yield Problem((field,), repr(given), "such as 128Mi or 1Gi", "correct the amount")


class ProbeSpec(Spec):
    """An HTTP probe of a container."""

    path: str
    """The path; a status from 200 to 399 is a success."""
    port: Whole | None = None
    """The port; by default the service's."""
    period_seconds: Whole = 10
    """Seconds between two probes."""
    failure_threshold: Whole = 3
    """Consecutive failures until the probe counts as failed."""
    initial_delay_seconds: Whole = 0
    """Seconds before the first probe."""

    def _rules(self) -> Iterator[Problem]:
        if not self.path.startswith("/"):
            yield Problem(("path",), repr(self.path), "a path that begins with /", f"did you mean /{self.path}?")


class ReplicasSpec(Spec):
    """The number of pods."""

    minimum: Whole = 2
    """The minimum."""
    maximum: Whole = 6
    """The maximum."""
    cpu_percent: Whole = 70
    """Target processor use, in percent of the request; above it pods are added."""

    def _rules(self) -> Iterator[Problem]:
        if self.minimum < 2:
            yield Problem(("minimum",), str(self.minimum), "2 or more", "keep a second pod for the loss of one")
        if self.maximum < self.minimum:
            yield Problem(("maximum",), str(self.maximum), f"{self.minimum} or more", "raise it")
        if not 10 <= self.cpu_percent <= 95:
            yield Problem(
                ("cpu_percent",), str(self.cpu_percent), "10 to 95", "leave headroom for the time that scaling takes"
            )


class SecretKeySpec(Spec):
    """A key of a Secret in the same namespace."""

    secret: str
    """The Secret's name."""
    key: str
    """The key in it."""


class PodSpec(Spec):
    """Pods of a workload."""

    name: str
    """The service's name."""
    namespace: str
    """Its namespace, which must exist."""
    port: Whole = 8080
    """The container's port."""
    arguments: tuple[str, ...] = ()
    """The container's arguments; by default its image's."""
    environment: dict[str, str] = Field(default_factory=dict)
    """Environment variables. Never a secret."""
    secret_environment: dict[str, SecretKeySpec] = Field(default_factory=dict)
    """Environment variables from keys of Secrets."""
    resources: ContainerResourcesSpec
    """Resource requests and limits of a container."""
    readiness: ProbeSpec
    """The readiness probe: decides if it gets requests."""
    liveness: ProbeSpec
    """The liveness probe: decides if it must be restarted."""
    user: Whole = 65532
    """The user id of its processes; never root (0)."""
    image_pull_secrets: tuple[str, ...] = ()
    """Secrets of its namespace with credentials of the image's registry; none for a public one."""
    internet: bool = False
    """If true, it may connect to the Internet by HTTPS (port 443)."""
    overrides: dict[str, dict[str, Any]] = Field(default_factory=dict)
    """Kind/name of an object → overrides: mappings are merged, other values replaced, null removes a key."""

    def _rules(self) -> Iterator[Problem]:
        yield from name_problems(self.name, ("name",))
        yield from name_problems(self.namespace, ("namespace",))
        if not 1024 <= self.port <= 65535:
            allowed = "1024 to 65535: only root may listen on lower ports"
            yield Problem(("port",), str(self.port), allowed, "have the program listen on such a port")
        if self.user < 1:
            yield Problem(("user",), str(self.user), "any user but root (0)", "choose another user id")
        for position, secret in enumerate(self.image_pull_secrets):
            yield from name_problems(secret, ("image_pull_secrets", position))
        for variable in self.environment:
            if re.search(r"PASSWORD|SECRET|TOKEN|PRIVATE|CREDENTIAL", variable.upper()):
                yield Problem(
                    ("environment", MapKey(variable)),
                    "a value that is not shown",
                    "no secret in clear",
                    "use a Secret's key in secretEnvironment",
                )


class RoutedSpec(PodSpec):
    """A workload with hosts, which the ingress leads to."""

    hosts: tuple[str, ...] | None = None
    """Its host names for clients outside the cluster; [] for a service that only the cluster calls. By default
    <name>.<namespace>.<cluster>.<zone> of a private service, where the cluster's private zone is known and its load
    balancers are internal; else none."""
    visibility: Literal["private", "public"] = "private"
    """The DNS zone for its hosts: the private or the public one."""
    ingress: Literal["ingress-nginx", "gateway"] = "ingress-nginx"
    """The cluster's ingress controller, as in addOns.ingress."""
    issuer: str | None = None
    """The cluster issuer of a certificate of its own, through ingress-nginx; by default the ingress' certificate."""

    def _rules(self) -> Iterator[Problem]:
        yield from super()._rules()
        if self.issuer is not None and self.ingress == "gateway":
            allowed = "no issuer with ingress: gateway"
            yield Problem(("issuer",), repr(self.issuer), allowed, "the Gateway has the certificates: add it there")
        hosts = self.hosts or ()
        for position, host in enumerate(hosts):
            yield from host_problems(host, ("hosts", position))
            if host in hosts[:position]:
                yield Problem(("hosts", position), repr(host), "each host once", "remove it")


class WebServiceSpec(RoutedSpec):
    """An HTTP service."""

    image: str
    """Its image, by digest."""
    replicas: ReplicasSpec = ReplicasSpec()
    """The number of pods."""

    def _rules(self) -> Iterator[Problem]:
        yield from super()._rules()
        yield from image_problems(self.image, ("image",))


class BlueGreenSpec(RoutedSpec):
    """A service with two sides, one of them live."""

    blue: str
    """The image of one side, by digest."""
    green: str
    """The image of the other."""
    live: Literal["blue", "green"]
    """The side that serves requests. The other is kept ready."""
    replicas: Whole = 2
    """The number of pods of each side."""

    def _rules(self) -> Iterator[Problem]:
        yield from super()._rules()
        for side in ("blue", "green"):
            yield from image_problems(getattr(self, side), (side,))
        if self.replicas < 2:
            yield Problem(("replicas",), str(self.replicas), "2 or more", "keep a second pod for the loss of one")


def endpoint_problems(endpoint: str) -> Iterator[Problem]:
    """Find an endpoint that is an address."""
    with suppress(ValueError):
        address = ip_address(endpoint.strip("[]"))
        remedy = "use the database's endpoint: after a failover it leads to another address"
        yield Problem(("endpoint",), str(address), "a DNS name", remedy)


class DatabaseBindingSpec(Spec):
    """A name for a database in the cluster."""

    name: str
    """Its name for applications of the namespace."""
    namespace: str
    """The namespace of the applications."""
    port: Whole = 5432
    """Its port."""
    ranges: tuple[str, ...]
    """The ranges of its subnets, which the policies allow."""
    used_by: tuple[str, ...]
    """The services that use it."""

    def _rules(self) -> Iterator[Problem]:
        yield from name_problems(self.name, ("name",))
        yield from name_problems(self.namespace, ("namespace",))
        for position, service in enumerate(self.used_by):
            yield from name_problems(service, ("used_by", position))
        if not self.used_by:
            yield Problem(("used_by",), "nobody", "the services that use it", "list them: only they may connect")


class ServiceRefSpec(Spec):
    """A reference to a service of a WebService or BlueGreen."""

    name: str
    """The service's name."""
    namespace: str
    """Its namespace."""

    def _rules(self) -> Iterator[Problem]:
        yield from name_problems(self.name, ("name",))
        yield from name_problems(self.namespace, ("namespace",))


class AllowCallsSpec(Spec):
    """A permission for one service to call another, but not the reverse."""

    caller: ServiceRefSpec
    """The service that calls."""
    callee: ServiceRefSpec
    """The service that is called."""
    port: Whole = 8080
    """The callee's port."""

    def _rules(self) -> Iterator[Problem]:
        if self.caller == self.callee:
            yield Problem(("callee",), repr(self.callee.name), "another service than the caller", "correct one of them")
