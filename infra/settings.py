"""What a stack is told: read from its configuration, and refused with every problem at once."""

import json
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar, cast

import pulumi
from pulumi.runtime.config import CONFIG

from tripod import (
    AddOnsSpec,
    ClusterArgs,
    ClusterSpec,
    ConfigurationError,
    CutoverSpec,
    NetworkSpec,
    PeerSpec,
    Problem,
    available_zones,
    camel_case,
    clear_secret_problems,
    cutover_problems,
    egress_port_problems,
    encrypted_paths,
    gateway_problems,
    peer_problems,
    raise_if_any,
    zone_problems,
)

NAMESPACE = "tripod"


def peers_apart(network: NetworkSpec, peers: tuple[PeerSpec, ...]) -> Iterator[Problem]:
    """Peers share no address with the cluster or one another, and no VPC."""
    ranges = {("network", *path): text for path, text in network.ranges().items()}
    yield from peer_problems(peers, ranges, ("peers",))


def cutovers_apart(cutovers: tuple[CutoverSpec, ...]) -> Iterator[Problem]:
    """Names that move are told once."""
    yield from cutover_problems(cutovers, ("cutovers",))


def gateway_served(network: NetworkSpec, add_ons: AddOnsSpec) -> Iterator[Problem]:
    """The way in is one that the network plugin serves."""
    for problem in gateway_problems(network.cni, add_ons.ingress.kind):
        yield problem.under("add_ons", "ingress")


class Settings(ClusterSpec):
    """A stack's settings: a cluster, what is in it, the databases beside it, and names that move to it."""

    peers: tuple[PeerSpec, ...] = ()
    """VPCs with databases, to peer with."""
    add_ons: AddOnsSpec = AddOnsSpec()
    """What lives in the cluster."""
    cutovers: tuple[CutoverSpec, ...] = ()
    """Names that move from an old load balancer to the cluster."""

    cross_rules: ClassVar = (
        *ClusterSpec.cross_rules,
        peers_apart,
        egress_port_problems,
        cutovers_apart,
        gateway_served,
    )

    def cluster_args(self) -> ClusterArgs:
        """The cluster's arguments."""
        values = {name: value for name, value in self.plain().items() if name in ClusterSpec.model_fields}
        return cast("ClusterArgs", values)


def load_settings() -> Settings:
    """The settings of the stack that is being run.

    Raises:
        ConfigurationError: with every problem at once, each where the stack file has it.
    """
    values = _configured()
    settings, problems = Settings.read(values)
    problems.extend(_zone_problems(values))
    if settings is not None:
        problems.extend(clear_secret_problems(settings, (), _is_encrypted))
    raise_if_any([*_second_region(), *(as_written(problem) for problem in problems)])
    return cast("Settings", settings)


def _configured() -> dict[str, Any]:
    """The project's keys, and the region, which is the provider's."""
    values: dict[str, Any] = {"region": pulumi.Config("aws").get("region") or ""}
    for key, text in CONFIG.get().items():
        namespace, _, name = key.partition(":")
        # The region has one place, the provider's: a second one would be another region for half of the resources.
        if namespace == NAMESPACE and name != "region":
            values[name] = _parsed(text)
    return values


def _second_region() -> Iterator[Problem]:
    """A region beside the provider's."""
    given = CONFIG.get().get(f"{NAMESPACE}:region")
    if given is not None:
        yield Problem((f"{NAMESPACE}:region",), repr(given), "no such key", "set aws:region, and nothing else")


def _parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _zone_problems(values: Mapping[str, Any]) -> Iterator[Problem]:
    """Zones that the account does not see in the region: it is asked, before anything is made."""
    section: Any = values.get("network")
    network = NetworkSpec.read(cast("dict[str, Any]", section))[0] if isinstance(section, dict) else None
    if network is not None and values["region"]:
        found = available_zones(values["region"], pulumi.InvokeOptions())
        yield from zone_problems(network.zones, values["region"], found, ("network", "zones"))


def _is_encrypted(path: tuple[str | int, ...]) -> bool:
    """Whether a value is encrypted in the stack file; where there is no file, whether anything in its key is."""
    first, *rest = (camel_case(part) if isinstance(part, str) else part for part in path)
    key = f"{NAMESPACE}:{first}"
    known = encrypted_paths(pulumi.get_stack(), Path.cwd())
    return (key, *rest) in known if known is not None else pulumi.runtime.is_config_secret(key)


def as_written(problem: Problem) -> Problem:
    """A problem at the place that the stack file calls it."""
    section, *rest = problem.path
    key = "aws:region" if section == "region" else f"{NAMESPACE}:{camel_case(str(section))}"
    return Problem((key, *rest), problem.given, problem.allowed, problem.remedy)


@contextmanager
def refusals() -> Generator[None]:
    """Turn a refused configuration into what the engine prints without a traceback."""
    try:
        yield
    except ConfigurationError as error:
        raise pulumi.RunError(str(error)) from error
