"""Least privilege: the policies of roles are as designed."""

import json
from collections.abc import Iterator
from urllib.parse import unquote

from tripod.core.iam_documents import STS_AUDIENCE, Document
from tripod.core.regions import partition
from tripod.core.text import count_of
from tripod.iam.cloud_controller_policies import cloud_controller_policy
from tripod.iam.instance_policies import (
    IMAGES,
    PolicyInputs,
    control_plane_policy,
    etcd_policy,
    image_policy,
    workers_policy,
)
from tripod.operations.inventory import ClusterInventory, Described, tags_of
from tripod.operations.verify.check import Failed, Finding, Passed, check
from tripod.pki.secret_names import SecretName

INSTANCE_ROLES = ("etcd", "control-plane", "workers")


def roles_of_instances(inventory: ClusterInventory) -> dict[str, str]:
    """Kind of instance → the role of its profile, as the launch templates name it."""
    iam = inventory.client("iam")
    found: dict[str, str] = {}
    for kind in INSTANCE_ROLES:
        for group in inventory.scaling_groups_of(kind)[:1]:
            profile = inventory.templates[group["AutoScalingGroupName"]]["IamInstanceProfile"]["Name"]
            roles = iam.get_instance_profile(InstanceProfileName=profile)["InstanceProfile"]["Roles"]
            found[kind] = roles[0]["RoleName"]
    return found


def inline_policies(inventory: ClusterInventory, role: str) -> dict[str, Document]:
    """Name → document of a role's own policies."""
    iam = inventory.client("iam")
    names = iam.list_role_policies(RoleName=role)["PolicyNames"]
    return {name: _document(iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]) for name in names}


@check("instance-rights", "Instances may do what their boot agent does, no more", 16, 23)
def instance_rights(inventory: ClusterInventory) -> Iterator[Finding]:
    """Each role's own policies, word for word, and that nothing else is attached to it."""
    facts = facts_of(inventory)
    designed = {
        "etcd": {"boot": etcd_policy(facts)},
        "control-plane": {
            "boot": control_plane_policy(facts),
            "cloud-controller": cloud_controller_policy(facts.partition, facts.region, facts.account_id, facts.cluster),
        },
        "workers": {"boot": workers_policy(facts)},
    }
    for kind, role in roles_of_instances(inventory).items():
        attached = inventory.client("iam").list_attached_role_policies(RoleName=role)["AttachedPolicies"]
        for policy in attached:
            yield Failed(role, f"{policy['PolicyName']} is attached to it", "detach it")
        found = inline_policies(inventory, role)
        for evidence in _differences(designed[kind] | _image_policy(kind, found, facts), found):
            yield Failed(role, evidence, "run `pulumi up --refresh`")
    yield Passed(f"{count_of(len(designed), 'role')}, as designed")


def _image_policy(kind: str, found: dict[str, Document], facts: PolicyInputs) -> dict[str, Document]:
    """The designed policy of nodes that pull from ECR, for the repositories that the role has; none for etcd."""
    if kind == "etcd" or IMAGES not in found:
        return {}
    pulls = [one for one in found[IMAGES]["Statement"] if one.get("Sid") == "Pull"]
    return {IMAGES: image_policy(facts, [arn for one in pulls for arn in one["Resource"]])}


def _differences(designed: dict[str, Document], found: dict[str, Document]) -> Iterator[str]:
    for name in sorted(found.keys() - designed.keys()):
        yield f"policy {name} is not of the design: {', '.join(sorted(_actions(found[name])))}"
    for name, document in designed.items():
        if name not in found:
            yield f"policy {name} is missing"
        elif json.dumps(found[name], sort_keys=True) != json.dumps(document, sort_keys=True):
            more = sorted(_actions(found[name]) - _actions(document))
            less = sorted(_actions(document) - _actions(found[name]))
            parts = [f"more: {', '.join(more)}"] * bool(more) + [f"less: {', '.join(less)}"] * bool(less)
            yield f"policy {name} differs ({'; '.join(parts) or 'in resources or conditions'})"


def facts_of(inventory: ClusterInventory) -> PolicyInputs:
    """Inputs of the designed policies, as read from the account."""
    data = inventory.data_volumes
    secrets = {secret["Name"].rsplit("/", 1)[1]: secret for secret in inventory.secrets}
    snapshots = [name for name in inventory.buckets if name == f"{inventory.cluster}-{inventory.incarnation}-snapshots"]
    return PolicyInputs(
        partition=partition(inventory.region),
        region=inventory.region,
        account_id=inventory.account_id,
        cluster=inventory.cluster,
        incarnation=inventory.incarnation,
        payload_bucket_arn=f"arn:{partition(inventory.region)}:s3:::{inventory.payload_bucket}",
        snapshot_bucket_arn=f"arn:{partition(inventory.region)}:s3:::{snapshots[0] if snapshots else 'none'}",
        storage_key_arn=data[0]["KmsKeyId"] if data else "",
        secrets_key_arn=next((secret["KmsKeyId"] for secret in secrets.values() if secret.get("KmsKeyId")), ""),
        secret_arns={purpose: secrets[purpose]["ARN"] if purpose in secrets else "gone" for purpose in SecretName},
    )


@check("service-account-trust", "Roles for service accounts trust one account each", 16)
def service_account_trust(inventory: ClusterInventory) -> Iterator[Finding]:
    """Both claims, without wildcards, in the trust of every role for a service account."""
    iam = inventory.client("iam")
    count = 0
    for role in inventory.pages("iam", "list_roles", "Roles"):
        trust = _document(role["AssumeRolePolicyDocument"])
        federated = [one for one in trust["Statement"] if one["Action"] == "sts:AssumeRoleWithWebIdentity"]
        if (
            not federated
            or tags_of(iam.get_role(RoleName=role["RoleName"])["Role"]).get("cluster") != inventory.cluster
        ):
            continue
        count += 1
        for statement in federated:
            claims: Described = statement.get("Condition", {}).get("StringEquals", {})
            named = {key.rsplit(":", 1)[1]: value for key, value in claims.items()}
            if named.get("aud") != STS_AUDIENCE or not str(named.get("sub", "")).startswith("system:serviceaccount:"):
                yield Failed(
                    role["RoleName"], f"its trust names {', '.join(sorted(named)) or 'no claim'}", "name sub and aud"
                )
    yield Passed(f"{count_of(count, 'role')}")


def _document(value: str | Document) -> Document:
    """A document that boto3 has parsed, or that an emulator has left as text."""
    return json.loads(unquote(value)) if isinstance(value, str) else value


def _actions(document: Document) -> set[str]:
    return {action for statement in document["Statement"] for action in statement["Action"]}


CHECKS = (instance_rights, service_account_trust)
