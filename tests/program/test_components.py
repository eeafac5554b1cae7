"""Each component by itself, constructed as the plugin host constructs it for a program of another language."""

import json
from functools import cache
from typing import Any

import pytest

from support.stacks.constructed import assert_stands_alone, constructed, refused_fields
from support.stacks.planned import config_of, of_type
from tripod import ConfigurationError, Network, SecurityGroups
from tripod.pki.secret_names import SecretName
from tripod.provider import COMPONENTS
from tripod.rehearsal.plan_backend import PlanBackend
from tripod.rehearsal.program import Recording, record_function

OWNED: dict[str, Any] = {
    "clusterName": "alone",
    "tags": {"project": "p", "owner": "o", "environment": "e"},
}
KEY = "arn:aws:kms:us-west-2:123456789012:key/0a1b2c3d-0000-1111-2222-333344445555"
ZONES = {"us-west-2a": 0.0, "us-west-2b": 1.0, "us-west-2c": 2.0}
SUBNETS = {zone: f"subnet-{index}" for index, zone in enumerate(ZONES)}
MACHINE: dict[str, Any] = {
    "securityGroupId": "sg-1",
    "instanceProfile": "profile",
    "storageKeyArn": KEY,
    "image": "ami-0123456789abcdef0",
    "system": "ubuntu-24.04",
}

# Component → inputs as another language sends them (numbers are floats), and how many AWS resources come of it.
ALONE: dict[str, tuple[dict[str, Any], int]] = {
    "Network": ({"cidr": "10.0.0.0/16", "zones": ZONES, "region": "us-west-2", "accountId": "123456789012"}, 46),
    "SecurityGroups": ({"vpcId": "vpc-1", "runnerRanges": ["10.0.0.0/8"]}, 48),
    "EncryptionKeys": ({"region": "us-west-2", "accountId": "123456789012", "incarnation": "0a1b2c3d"}, 4),
    "CertificateAuthorities": ({"incarnation": "0a1b2c3d", "keyArn": KEY}, 12),
    "ClusterStorage": ({"incarnation": "0a1b2c3d", "keyArn": KEY, "retentionDays": 7.0}, 13),
    "InstanceRoles": (
        {
            "region": "us-west-2", "accountId": "123456789012", "incarnation": "0a1b2c3d",
            "payloadBucketArn": "arn:aws:s3:::payload", "snapshotBucketArn": "arn:aws:s3:::snapshots",
            "storageKeyArn": KEY, "secretsKeyArn": KEY,
            "secretArns": {
                name: f"arn:aws:secretsmanager:us-west-2:123456789012:secret:{name}"
                for name in SecretName
            },
            "issuerProviderArn": "arn:aws:iam::123456789012:oidc-provider/issuer.example.com",
        },
        16,
    ),
    "OidcIssuer": ({"region": "us-west-2", "incarnation": "0a1b2c3d"}, 11),
    "ServiceAccountRole": (
        {
            "region": "us-west-2", "providerArn": "arn:aws:iam::123456789012:oidc-provider/issuer.example.com",
            "issuerUrl": "https://issuer.example.com", "namespace": "kube-system", "serviceAccount": "dns",
            "policy": json.dumps({"Version": "2012-10-17", "Statement": []}),
        },
        2,
    ),
    "ApiEndpoint": (
        {"vpcId": "vpc-1", "zoneName": "a.internal", "controlSubnetIds": ["subnet-1"], "securityGroupId": "sg-1"}, 5,
    ),
    "EtcdGroup": (
        {
            **MACHINE, "zones": ZONES, "controlSubnetIds": SUBNETS, "members": 3.0, "incarnation": "0a1b2c3d",
            "controlSubnetRanges": {zone: f"10.0.{index}.0/24" for index, zone in enumerate(ZONES)},
            "userData": {"0-0": "", "1-0": "", "2-0": ""},
        },
        12,
    ),
    "ControlPlane": (
        {**MACHINE, "zones": ZONES, "controlSubnetIds": SUBNETS, "targetGroupArns": ["arn:tg"], "userData": ""}, 4,
    ),
    "WorkerGroup": (
        {
            **MACHINE, "name": "general", "instanceTypes": ["m7g.large", "m7g.xlarge"], "networkZones": ZONES,
            "nodeSubnetIds": SUBNETS, "userData": "", "spot": {"onDemandBase": 1.0},
        },
        7,
    ),
    "ExampleDatabase": ({"cidr": "10.9.0.0/24", "zones": ["us-west-2a", "us-west-2b"]}, 10),
    "DatabasePeering": (
        {
            "region": "us-west-2", "vpcId": "vpc-1", "clusterRanges": {"vpc": "10.0.0.0/16"},
            "nodeRanges": {"0": "10.0.0.0/19"}, "privateRouteTables": {"0": "rtb-1"},
            "workersSecurityGroupId": "sg-1", "internalZoneId": "Z1", "internalZone": "alone.internal",
            "incarnation": "0a1b2c3d", "secretsKeyArn": KEY, "peerVpcId": "vpc-2", "peerCidr": "10.9.0.0/24",
            "peerRouteTables": {"main": "rtb-2"},
            "databases": [
                {"name": "orders", "port": 5432.0, "endpoint": "orders.rds.amazonaws.com", "securityGroupId": "sg-2"}
            ],
        },
        8,
    ),
    "WeightedCutover": (
        {
            "name": "shop", "host": "shop.example.com", "zone": "example.com", "zoneId": "Z0", "stage": "weights",
            "testHost": "shop-test.example.com", "old": {"dnsName": "legacy.example.org", "hostedZoneId": "Z1"},
            "newDnsName": "ingress.example.org", "newHostedZoneId": "Z2", "steps": [10.0, 100.0],
        },
        4,
    ),
    "Cluster": (
        {
            "region": "us-west-2",
            "cluster": {"name": "alone", "environment": "e", "owner": "o"},
            "network": {"cidr": "10.0.0.0/16", "zones": ZONES},
            "images": {"arm64": "ami-0123456789abcdef0"},
            "workers": [{"name": "general", "instanceTypes": ["m7g.large"], "minPerZone": 1.0, "maxPerZone": 2.0}],
        },
        188,
    ),
}  # fmt: skip


INSIDE = ("tripod.addons.", "tripod.workloads.")
"""Modules of in-cluster components, which test_in_cluster_components.py tests."""


def _inputs(component: str) -> dict[str, Any]:
    given, _ = ALONE[component]
    given = given if component == "Cluster" else {**OWNED, **given}
    if component == "OidcIssuer":
        key, *_ = of_type(_alone("CertificateAuthorities"), "tls:index/privateKey:PrivateKey")
        given = {**given, "serviceAccountPublicKey": key.outputs["publicKeyPem"]}
    return given


@cache
def _alone(component: str) -> Recording:
    return constructed(component, _inputs(component))


def test_every_hosted_component_is_tried_alone() -> None:
    outside = {one.__name__ for one in COMPONENTS if not one.__module__.startswith(INSIDE)}
    assert outside == ALONE.keys()


@pytest.mark.parametrize("component", ALONE)
def test_a_component_stands_alone(component: str) -> None:
    assert len(assert_stands_alone(component, _alone(component), "aws:")) == ALONE[component][1]


@pytest.mark.parametrize("component", ALONE)
def test_a_components_outputs_are_those_that_its_class_declares(component: str) -> None:
    recording = _alone(component)
    (class_,) = (one for one in COMPONENTS if one.__name__ == component)
    declared = {name for name in class_.__annotations__ if not name.startswith("_")}
    outputs = recording.registrations[f"urn:pulumi:test::alone::tripod:index:{component}::alone"].outputs
    assert {name for name, value in outputs.items() if value is not None} <= declared
    assert declared - outputs.keys() <= {"public_api_id", "public_dns_name"}  # where nothing is public


# A team that imports one component is refused what a stack file is refused.
REFUSED_ALONE: dict[str, tuple[str, dict[str, Any], str]] = {
    "a network in a public range": ("Network", {"cidr": "11.1.0.0/16"}, "cidr"),
    "a network whose pods are in it": ("Network", {"podCidr": "10.0.0.0/18"}, "pod_cidr"),
    "members that are placed nowhere": ("EtcdGroup", {"placement": {"us-west-2a": 2.0}}, "placement"),
    "members of an unknown system": ("EtcdGroup", {"system": "fedora-40"}, "system"),
    "a control plane of an unknown system": ("ControlPlane", {"system": "fedora-40"}, "system"),
    "workers of an unknown system": ("WorkerGroup", {"system": "fedora-40"}, "system"),
    "an unknown network plugin": ("SecurityGroups", {"cni": "calico"}, "cni"),
    "four members": ("EtcdGroup", {"members": 4.0}, "members"),
    "everybody at the API": ("SecurityGroups", {"publicRanges": ["0.0.0.0/0"]}, "public_ranges"),
    "a key of another region": ("EncryptionKeys", {"storageKeyArn": KEY.replace("us-", "eu-")}, "storage_key_arn"),
    "encryption off": ("EncryptionKeys", {"enabled": False}, "enabled"),
    "workers of two architectures": ("WorkerGroup", {"instanceTypes": ["m7g.large", "m7i.large"]}, "instance_types"),
    "a group in an unknown zone": ("WorkerGroup", {"zones": ["eu-west-1a"]}, "zones"),
    "a database in the cluster's range": ("DatabasePeering", {"peerCidr": "10.0.8.0/24"}, "peer_cidr"),
    "a peering with options too early": ("DatabasePeering", {"accept": "by-hand", "active": False}, "dns_resolution"),
    "a subnet group in one zone": ("ExampleDatabase", {"zones": ["us-west-2a"]}, "zones"),
    "a role for every service account": ("ServiceAccountRole", {"serviceAccount": "*"}, "service_account"),
    "a name that moves at once": ("WeightedCutover", {"steps": [100.0]}, "steps"),
    "a new side without a load balancer": ("WeightedCutover", {"newDnsName": None}, "new"),
    "a CNAME beside an alias": ("WeightedCutover", {"newHostedZoneId": None}, "new"),
    "an issuer without TLS": ("OidcIssuer", {"url": "http://issuer.example.com"}, "url"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED_ALONE)
def test_a_component_alone_refuses_what_a_stack_file_is_refused(case: str) -> None:
    component, change, field = REFUSED_ALONE[case]
    assert field in refused_fields(component, {**_inputs(component), **change})


def test_an_unknown_argument_is_refused() -> None:
    def program() -> None:
        SecurityGroups("alone", {"cluster_name": "alone", "tags": {}, "vpc_id": "vpc-1", "vpc": "x"})  # pyright: ignore

    with pytest.raises(ConfigurationError, match="unknown key"):
        record_function(program, "alone", "test", config_of({}), PlanBackend("us-west-2"))


def test_children_wait_for_what_the_component_is_told_to_wait_for() -> None:
    """A component's own dependencies do not gate its children: they must be passed on."""
    recording = _alone("Cluster")
    groups = of_type(recording, "autoscaling/group:Group")
    control_plane = next(one for one in groups if "-control-plane-" in one.name)
    worker = next(one for one in groups if "-workers-" in one.name)
    waited = {urn.rsplit("::", 1)[1] for urn in control_plane.dependencies}
    assert {"alone-etcd-0-0-group", "alone-api-internal-listener"} <= waited
    assert control_plane.name in {urn.rsplit("::", 1)[1] for urn in worker.dependencies}


def test_a_network_alone_is_usable_from_python() -> None:
    names: list[str] = []

    def program() -> None:
        network = Network(
            "alone",
            {
                "cluster_name": "alone", "tags": {}, "cidr": "10.0.0.0/16", "zones": {"us-west-2a": 0, "us-west-2b": 1},
                "region": "us-west-2", "account_id": "123456789012",
            },
        )  # fmt: skip
        network.node_subnet_ids.apply(lambda ids: names.extend(sorted(ids)))

    record_function(program, "alone", "test", config_of({}), PlanBackend("us-west-2"))
    assert names == ["us-west-2a", "us-west-2b"]


@pytest.mark.parametrize("given", [{}, {"credentials": "postgres://…"}], ids=["none", "a value"])
def test_a_peering_says_which_credentials_it_leaves_behind(given: dict[str, str]) -> None:
    inputs, _ = ALONE["DatabasePeering"]
    recording = constructed("DatabasePeering", {**OWNED, **inputs, "databases": [{**inputs["databases"][0], **given}]})
    (peering,) = [one for one in recording.registrations.values() if one.type == "tripod:index:DatabasePeering"]
    name = "alone/0a1b2c3d/database/orders"
    assert peering.outputs["retained"] == ({"secret database orders": name} if given else {})
    assert peering.outputs["credentials"] == ({"orders": name} if given else {})
