"""Settings of a cluster: its sections, and the rules between them."""

import re
from collections.abc import Iterator
from typing import ClassVar, Literal

from pydantic import Field

from tripod.compute.instance_types import instance_type_problems
from tripod.compute.spec import ImagesSpec
from tripod.control_plane.spec import AccessSpec, ControlPlaneSpec
from tripod.core.naming import cluster_name_problems, tag_count_problems, tag_problems
from tripod.core.patterns import DNS_LABEL
from tripod.core.problems import Problem
from tripod.core.sectioned_spec import CrossRule, SectionedSpec
from tripod.core.spec import Spec
from tripod.encryption.spec import EncryptionSpec, key_problems
from tripod.etcd.quorum import member_count_problem, placement_problems, zone_failure_problems
from tripod.etcd.spec import EtcdSpec
from tripod.iam.spec import IssuerSpec, publication_problems
from tripod.network.spec import NetworkSpec
from tripod.supply.binaries import digest_problems, etcd_binaries, node_binaries
from tripod.supply.spec import SupplySpec
from tripod.supply.versions import ETCD, KUBERNETES, skew_problems
from tripod.workers.spec import WorkerGroupSpec, group_problems


class IdentitySpec(Spec):
    """Name, tags and availability of the cluster."""

    name: str
    """Its name, in every physical name and tag: lower-case letters, digits, hyphens; at most 24."""
    environment: str
    """Tag: the environment that it serves."""
    owner: str
    """Tag: the owner."""
    project: str = "tripod"
    """Tag for cost allocation."""
    tags: dict[str, str] = Field(default_factory=dict)
    """Further tags of every resource; at most 3."""
    ha: Literal["zone", "node"] = "zone"
    """The failure that it must survive: the loss of any zone, or of any one instance."""
    protect: bool = True
    """If true, the engine refuses to delete resources that hold data. A destroy leaves them behind in any case."""

    def _rules(self) -> Iterator[Problem]:
        yield from cluster_name_problems(self.name)
        for field in ("environment", "owner", "project"):
            value: str = getattr(self, field)
            if not value.strip() or len(value) > 256:
                yield Problem((field,), repr(value), "1 to 256 characters", "say it: costs are charged by it")
        yield from tag_problems(self.tags)
        yield from tag_count_problems(len(self.tags), str(len(self.tags)))

    def all_tags(self) -> dict[str, str]:
        """The tags of all resources of the cluster, except those with its name."""
        return {**self.tags, "project": self.project, "owner": self.owner, "environment": self.environment}


class VersionsSpec(Spec):
    """Versions of Kubernetes and etcd."""

    kubernetes: str = KUBERNETES
    """The control plane's Kubernetes."""
    workers: str | None = None
    """The workers' kubelet; by default the control plane's version. Never newer, at most three minors older."""
    etcd: str = ETCD
    """etcd's version."""

    @property
    def kubelet(self) -> str:
        """The version of the workers' kubelet."""
        return self.workers or self.kubernetes

    def _rules(self) -> Iterator[Problem]:
        yield from skew_problems(self.kubernetes, self.workers, self.etcd)


class DnsSpec(Spec):
    """DNS names."""

    internal_zone: str | None = None
    """The private zone of the API's name and the databases' names; by default <cluster>.internal."""

    def _rules(self) -> Iterator[Problem]:
        if self.internal_zone is not None and not re.fullmatch(rf"({DNS_LABEL}\.)+{DNS_LABEL}", self.internal_zone):
            yield Problem(
                ("internal_zone",), repr(self.internal_zone), "a domain such as prod.example.internal", "correct it"
            )


def region_problems(region: str) -> Iterator[Problem]:
    """Find a malformed region; its existence is not checked, since AWS adds regions faster than Tripod is released."""
    if not re.fullmatch(r"[a-z]{2}(-[a-z]+)+-\d", region):
        yield Problem(("region",), repr(region), "a region such as us-west-2", "set aws:region")


def etcd_zone_problems(cluster: IdentitySpec, etcd: EtcdSpec, network: NetworkSpec) -> Iterator[Problem]:
    """Find a placement of etcd members that does not survive the failure that ``cluster.ha`` names."""
    if etcd.placement is not None:
        yield from placement_problems(etcd.members, network.zones, etcd.placement, ("etcd", "placement"))
    if cluster.ha == "zone" and member_count_problem(etcd.members, ()) is None:
        yield from zone_failure_problems(etcd.members, network.zones, etcd.placement, ("network", "zones"))


def nat_problems(cluster: IdentitySpec, network: NetworkSpec) -> Iterator[Problem]:
    """Find a shared NAT gateway with ``ha: zone``: with its zone, every node would lose egress."""
    if cluster.ha == "zone" and network.nat == "shared" and network.adopt is None:
        yield Problem(
            ("network", "nat"),
            "'shared'",
            "zone, with cluster.ha: zone",
            "use nat: zone, or accept less with cluster.ha: node",
        )


def worker_zone_problems(
    cluster: IdentitySpec, network: NetworkSpec, workers: tuple[WorkerGroupSpec, ...]
) -> Iterator[Problem]:
    """Find worker groups that leave no worker after the loss of a zone, with ``ha: zone``."""
    zones_with_workers = {
        zone for group in workers if group.min_per_zone > 0 for zone in group.zones or tuple(network.zones)
    }
    if cluster.ha == "zone" and workers and len(zones_with_workers) < 2 <= len(network.zones):
        yield Problem(
            ("workers",),
            f"nodes kept in {', '.join(sorted(zones_with_workers)) or 'no zone'}",
            "nodes kept in two zones or more",
            "set minPerZone to 1 or more in a group of several zones, or accept less with cluster.ha: node",
        )


def architecture_problems(
    images: ImagesSpec, etcd: EtcdSpec, control_plane: ControlPlaneSpec, workers: tuple[WorkerGroupSpec, ...]
) -> Iterator[Problem]:
    """Find instance types for whose architecture there is no image."""
    known = images.by_architecture()
    yield from instance_type_problems(etcd.instance_type, known, ("etcd", "instance_type"))
    yield from instance_type_problems(control_plane.instance_type, known, ("control_plane", "instance_type"))
    for position, group in enumerate(workers):
        for place, name in enumerate(group.instance_types):
            yield from instance_type_problems(name, known, ("workers", position, "instance_types", place))


def worker_group_problems(workers: tuple[WorkerGroupSpec, ...], network: NetworkSpec) -> Iterator[Problem]:
    """Find worker groups with equal names, or with zones that the network does not have."""
    yield from group_problems(workers, network.zones, ("workers",))


def encryption_key_problems(encryption: EncryptionSpec, region: str) -> Iterator[Problem]:
    """Find given keys that cannot be used in the cluster's region."""
    yield from key_problems(encryption.key_arns(), region, ("encryption",))


def issuer_problems(issuer: IssuerSpec, region: str) -> Iterator[Problem]:
    """Find a publisher of the issuer that the region's partition does not have."""
    yield from publication_problems(issuer, region)


def download_problems(images: ImagesSpec, versions: VersionsSpec, supply: SupplySpec) -> Iterator[Problem]:
    """Find downloads without a digest: no node runs an unverified binary."""
    if any(skew_problems(versions.kubernetes, versions.workers, versions.etcd)):
        return
    architectures, ecr = tuple(images.by_architecture()), bool(supply.ecr_repositories)
    for field, wanted in (
        ("etcd", etcd_binaries(versions.etcd)),
        ("kubernetes", node_binaries(versions.kubernetes, ecr=ecr)),
        ("workers", node_binaries(versions.kubelet, ecr=ecr) if versions.workers else {}),
    ):
        yield from digest_problems(wanted, supply.digests, architectures, ("versions", field))


def public_subnet_problems(access: AccessSpec, network: NetworkSpec) -> Iterator[Problem]:
    """Find zones of an adopted VPC without a public subnet, which a public load balancer needs."""
    if access.mode != "public-allow-list" or network.adopt is None:
        return
    for zone, subnets in network.adopt.zones.items():
        if subnets.public is None:
            yield Problem(
                ("network", "adopt", "zones", zone, "public"),
                "nothing",
                "a public subnet, with public-allow-list",
                "name the zone's public subnet, or choose another access.mode",
            )


class ClusterSpec(SectionedSpec):
    """Settings of a cluster."""

    region: str
    """Its region."""
    cluster: IdentitySpec
    """Its name, tags and level of availability."""
    network: NetworkSpec
    """Addresses, zones, egress."""
    images: ImagesSpec
    """Machine images."""
    workers: tuple[WorkerGroupSpec, ...]
    """Worker groups."""
    etcd: EtcdSpec = EtcdSpec()
    """The etcd group."""
    control_plane: ControlPlaneSpec = ControlPlaneSpec()
    """The control plane."""
    versions: VersionsSpec = VersionsSpec()
    """Versions."""
    access: AccessSpec = AccessSpec()
    """Access to the API."""
    encryption: EncryptionSpec = EncryptionSpec()
    """Keys."""
    issuer: IssuerSpec = IssuerSpec()
    """The issuer of service-account tokens."""
    dns: DnsSpec = DnsSpec()
    """DNS names."""
    supply: SupplySpec = SupplySpec()
    """Mirrors, digests."""

    cross_rules: ClassVar[tuple[CrossRule, ...]] = (
        region_problems,
        etcd_zone_problems,
        nat_problems,
        worker_zone_problems,
        architecture_problems,
        worker_group_problems,
        encryption_key_problems,
        issuer_problems,
        public_subnet_problems,
        download_problems,
    )

    @property
    def internal_zone(self) -> str:
        """The private zone's name."""
        return self.dns.internal_zone or f"{self.cluster.name}.internal"
