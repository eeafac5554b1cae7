"""A stack created in the emulated account passes every check of verify."""

import base64
import json

import pytest

from support.account.rehearsed import Copy, Rehearsed, rehearsed_stack, with_an_account_of_its_own
from support.faults.finding import bucket, of_role
from support.stacks.planned import STACKS, changed, inputs, of_type, put
from tripod.pki.authorities import encryption_key
from tripod.rehearsal.protocol_values import display_value, plain


def _exported_state(rehearsed: Rehearsed) -> str:
    """What `pulumi stack export` would hold in clear: ids, inputs and outputs, secrets hidden."""
    return json.dumps(
        [
            [one.id, display_value(one.inputs), display_value(one.outputs)]
            for one in rehearsed.recording.registrations.values()
        ]
        + [display_value(rehearsed.recording.outputs)]
    )


def test_no_private_key_is_readable_in_an_exported_state(local: Rehearsed) -> None:
    keys = of_type(local.recording, "tls:index/privateKey:PrivateKey")
    assert all("PRIVATE KEY" in one.outputs["privateKeyPem"].value for one in keys)
    assert "PRIVATE KEY" not in _exported_state(local)


def test_no_encryption_key_is_readable_in_an_exported_state(local: Rehearsed) -> None:
    (made,) = of_type(local.recording, "random:index/randomPassword:RandomPassword")
    seed = made.outputs["result"].value
    (stored,) = [
        plain(one.inputs)["secretString"]
        for one in of_type(local.recording, "secretsmanager/secretVersion:SecretVersion")
        if one.name.endswith("encryption-first-value")
    ]
    (key,) = json.loads(stored)["keys"]
    assert len(base64.b64decode(key["secret"])) == 32
    assert key["secret"] == encryption_key(seed)
    state = _exported_state(local)
    assert seed not in state
    assert key["secret"] not in state


def test_no_secret_is_in_what_instances_can_read_of_themselves(local: Rehearsed) -> None:
    def bodies(copy: Copy) -> list[str]:
        s3 = copy.client("s3")
        payload = bucket(copy, "payload")
        keys = [one["Key"] for one in s3.list_objects_v2(Bucket=payload)["Contents"] if one["Key"].endswith(".json")]
        return [s3.get_object(Bucket=payload, Key=key)["Body"].read().decode() for key in keys]

    documents = local.in_a_copy(bodies)
    assert len(documents) == 4
    assert "PRIVATE KEY" not in "".join(documents)


def test_instances_have_their_templates_interface_and_address(local: Rehearsed) -> None:
    planned = {
        inputs(one)["privateIps"][0] for one in of_type(local.recording, "ec2/networkInterface:NetworkInterface")
    }

    def addresses(copy: Copy) -> set[str]:
        found = copy.ec2.describe_instances(Filters=of_role("etcd"))["Reservations"]
        return {instance["PrivateIpAddress"] for one in found for instance in one["Instances"]}

    assert local.in_a_copy(addresses) == planned


# Settings that do not touch one another share a stack: to create one takes longer than to look at it.
OTHER_SHAPES = {
    "two zones and a shared NAT, for instances alone, without peers": [
        put("tripod:network.zones", {"us-west-2a": 0, "us-west-2b": 1}), put("tripod:cluster.ha", "node"),
        put("tripod:network.nat", "shared"), put("tripod:peers", []),
    ],
    "five members over four zones, spot workers of several types, a public allow-list": [
        put("tripod:network.zones", {f"us-west-2{letter}": slot for slot, letter in enumerate("abcd")}),
        put("tripod:etcd", {"members": 5}),
        put("tripod:workers.0.instanceTypes", ["m7g.large", "c7g.large"]),
        put("tripod:workers.0.spot", {"onDemandBase": 1}),
        put("tripod:access", {"mode": "public-allow-list", "allowedRanges": ["203.0.113.0/24", "198.51.100.0/24"]}),
    ],
    "the AWS VPC CNI, an internal ingress, a runner in the VPC, an issuer elsewhere": [
        put("tripod:addOns.ingress", {"internal": True}),
        put("tripod:network.cni", "aws-vpc"),
        put("tripod:access", {"mode": "in-vpc-runner", "allowedRanges": ["10.0.0.0/8"]}),
        put("tripod:issuer", {"publish": "url", "url": "https://issuer.example.com/local"}),
    ],
    "a shared NAT over three zones, a database in another region, no etcd metrics": [
        put("tripod:network.nat", "shared"), put("tripod:cluster.ha", "node"),
        put("tripod:peers.0.region", "eu-west-1"),
        put("tripod:peers.0.example.zones", ["eu-west-1a", "eu-west-1b"]),
        put("tripod:etcd", {"metrics": False}),
    ],
}  # fmt: skip


@pytest.mark.parametrize("shape", OTHER_SHAPES)
@with_an_account_of_its_own
def test_every_check_passes_in_other_shapes(shape: str) -> None:
    with rehearsed_stack("local", changed("local", *OTHER_SHAPES[shape])) as rehearsed:
        assert rehearsed.in_a_copy(lambda copy: copy.broken()) == {}


@pytest.mark.parametrize("stack", [stack for stack in STACKS if stack != "local"])
@with_an_account_of_its_own
def test_every_stack_file_can_be_rehearsed(stack: str) -> None:
    with rehearsed_stack(stack) as rehearsed:
        assert rehearsed.in_a_copy(lambda copy: copy.broken()) == {}
