"""Settings of the control plane and of access to its API."""

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from tripod.compute.spec import VolumeSpec
from tripod.core.problems import MapKey, Problem
from tripod.core.spec import Spec, Whole
from tripod.network.ranges import PRIVATE_RANGES, allow_list_problems, try_parse_range
from tripod.security.egress_ports import egress_port_problems

EncryptionAlgorithm = Literal["RSA-2048", "ECDSA-P256"]


class NodeLossSpec(Spec):
    """Time until the pods of a silent node are recreated elsewhere: the sum of the two values."""

    silent_seconds: Whole = 50
    """Seconds without a heartbeat until a node counts as lost. Below 50, nodes count as lost while their kubelets
    still wait for a failed API server."""
    toleration_seconds: Whole = 300
    """Seconds until its pods are then evicted, unless they set their own toleration: the node may come back."""

    def _rules(self) -> Iterator[Problem]:
        if not MIN_SILENT_SECONDS <= self.silent_seconds <= 600:
            yield Problem(
                ("silent_seconds",),
                str(self.silent_seconds),
                f"{MIN_SILENT_SECONDS} to 600: a kubelet sends a heartbeat every ten seconds",
                "change the seconds",
            )
        if not 0 <= self.toleration_seconds <= 3600:
            yield Problem(("toleration_seconds",), str(self.toleration_seconds), "0 to 3600", "change the seconds")


MIN_SILENT_SECONDS = 20
"""Two heartbeats."""


class ControlPlaneSpec(Spec):
    """The nodes that run the API server, the scheduler and the controllers."""

    instance_type: str = "m7g.large"
    """The instance type of a node; kubeadm requires two processors."""
    per_zone: Whole = 1
    """The number of nodes in each zone."""
    root_volume: VolumeSpec = VolumeSpec(size_gib=40)
    """The root disk of a node."""
    node_loss: NodeLossSpec = NodeLossSpec()
    """Time that the cluster waits for silent nodes."""
    encryption_algorithm: EncryptionAlgorithm = "RSA-2048"
    """The keys of the API server's and the other certificates that kubeadm makes and renews. The authorities' keys are
    ECDSA-P256 with either. RSA-2048: a load balancer's HTTPS check may not connect to a server with an ECDSA key
    (kubernetes-sigs/cluster-api-provider-aws issue 1658)."""
    outward_ports: tuple[Whole, ...] = ()
    """Egress ports of the nodes, beside HTTP and HTTPS: those of the receivers of their logs and metrics."""

    def _rules(self) -> Iterator[Problem]:
        if not 1 <= self.per_zone <= 3:
            yield Problem(("per_zone",), str(self.per_zone), "1 to 3", "change the number")
        yield from egress_port_problems(self.outward_ports, ("outward_ports",))
        family, _, size = self.instance_type.partition(".")
        if size in ("nano", "micro", "small") or (size == "medium" and family not in _MEDIUM_HAS_TWO_PROCESSORS):
            yield Problem(
                ("instance_type",),
                repr(self.instance_type),
                "a type with two processors, as kubeadm requires",
                "use m7g.large or larger",
            )


_MEDIUM_HAS_TWO_PROCESSORS = ("t2", "t3", "t3a", "t4g")

API_ROLES = ("viewer", "operator", "deployer", "ci-preview")
"""The RBAC roles that the boot agent creates."""

AccessMode = Literal["ssm-tunnel", "in-vpc-runner", "public-allow-list"]


class AccessSpec(Spec):
    """Access of people and pipelines to the API."""

    mode: AccessMode = "ssm-tunnel"
    """ssm-tunnel: through Session Manager (`tripod tunnel`). in-vpc-runner: from hosts within reach of the
    VPC. public-allow-list: through a second, public load balancer, open only to the listed ranges."""
    allowed_ranges: tuple[str, ...] = ()
    """Ranges that may reach the API: private ones with in-vpc-runner, any with public-allow-list."""
    tunnel_port: Whole = 16443
    """The local port of the tunnel on the operator's machine."""
    groups: dict[str, tuple[str, ...]] = Field(default_factory=dict)
    """Role (viewer, operator, deployer, ci-preview) → groups of people and pipelines that have it."""

    def _rules(self) -> Iterator[Problem]:
        yield from allow_list_problems(self.allowed_ranges, ("allowed_ranges",))
        if self.mode == "public-allow-list" and not self.allowed_ranges:
            yield Problem(
                ("allowed_ranges",), "none", "one range or more", "list the ranges that your people connect from"
            )
        if self.mode == "ssm-tunnel" and self.allowed_ranges:
            yield Problem(
                ("allowed_ranges",),
                f"{len(self.allowed_ranges)} ranges",
                "none with mode ssm-tunnel",
                "remove them, or choose another mode",
            )
        if self.mode == "in-vpc-runner":
            yield from self._public_runner_problems()
        yield from self._group_problems()
        if not 1024 <= self.tunnel_port <= 65535:
            yield Problem(("tunnel_port",), str(self.tunnel_port), "1024 to 65535", "change the port")

    def _group_problems(self) -> Iterator[Problem]:
        for role, names in self.groups.items():
            if role not in API_ROLES:
                yield Problem(
                    ("groups", MapKey(role)), repr(role), f"one of {', '.join(API_ROLES)}", "correct the role"
                )
            for position, name in enumerate(names):
                if not name or name.startswith("system:"):
                    yield Problem(
                        ("groups", MapKey(role), position),
                        repr(name),
                        "a group of your own; system: is reserved for Kubernetes",
                        "name a group from your people's certificates or tokens",
                    )

    def _public_runner_problems(self) -> Iterator[Problem]:
        for position, text in enumerate(self.allowed_ranges):
            found = try_parse_range(text)
            if found is not None and not any(found.subnet_of(private) for private in PRIVATE_RANGES):
                yield Problem(
                    ("allowed_ranges", position),
                    repr(text),
                    "a private range: the internal load balancer is not on the Internet",
                    "list the runner's range, or use mode public-allow-list",
                )
