"""Volumes: encrypted, where the pod goes, and out of reach of any driver but the cluster's own."""

import json
from typing import Any

from support.add_ons.cluster_facts import ACCOUNT, cluster_facts
from tripod.addons.ebs_csi.objects import ebs_csi_values, storage_classes
from tripod.addons.ebs_csi.spec import EbsCsiSpec
from tripod.core.naming import OWNER_TAG_KEYS
from tripod.iam.volume_policies import volume_driver_policy

KEY = f"arn:aws:kms:us-west-2:{ACCOUNT}:key/1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/shop"


def classes(**changes: Any) -> dict[str, dict[str, Any]]:
    spec = EbsCsiSpec.load(changes)
    return {one["metadata"]["name"]: one for one in storage_classes(cluster_facts(), spec.classes, spec.default_class)}


def is_default(one: dict[str, Any]) -> bool:
    return one["metadata"]["annotations"]["storageclass.kubernetes.io/is-default-class"] == "true"


def test_a_claim_that_names_no_kind_gets_an_encrypted_volume_where_its_pod_goes() -> None:
    (only,) = classes().values()
    assert is_default(only)
    assert (only["provisioner"], only["volumeBindingMode"]) == ("ebs.csi.aws.com", "WaitForFirstConsumer")
    assert only["parameters"]["type"] == "gp3"
    assert (only["parameters"]["encrypted"], only["parameters"]["kmsKeyId"]) == ("true", KEY)


def test_kinds_differ_in_speed_and_in_nothing_that_protects() -> None:
    fast = {"type": "io2", "iops": 16000, "fileSystem": "xfs", "keep": True}
    made = classes(classes={"gp3": {"throughput": 500}, "fast": fast}, defaultClass="fast")
    assert {name: is_default(one) for name, one in made.items()} == {"gp3": False, "fast": True}
    assert made["gp3"]["parameters"]["throughput"] == "500"
    assert made["fast"]["parameters"]["iops"] == "16000"
    assert made["fast"]["reclaimPolicy"] == "Retain"
    assert all(one["parameters"]["kmsKeyId"] == KEY for one in made.values())


def test_whose_cost_a_volume_is_stands_on_it() -> None:
    controller = ebs_csi_values(cluster_facts(), 2, True, ROLE)["controller"]
    assert controller["extraVolumeTags"].keys() >= set(OWNER_TAG_KEYS)
    assert controller["k8sTagClusterId"] == "shop"


def test_without_a_snapshot_controller_nothing_asks_for_snapshots() -> None:
    with_, without = (ebs_csi_values(cluster_facts(), 2, snapshots, ROLE) for snapshots in (True, False))
    assert with_["sidecars"]["snapshotter"]["forceEnable"]
    assert [one["deletionPolicy"] for one in with_["volumeSnapshotClasses"]] == ["Delete"]
    assert not without["sidecars"]["snapshotter"]["forceEnable"]
    assert without["volumeSnapshotClasses"] == []


def policy() -> list[dict[str, Any]]:
    return volume_driver_policy("aws", "us-west-2", ACCOUNT, "shop", KEY)["Statement"]


def test_the_driver_changes_only_what_bears_its_clusters_name() -> None:
    tag = "ebs.csi.aws.com/cluster-name"
    for statement in policy():
        if statement["Sid"] == "AskForLimits":
            continue
        changes = {one for one in statement["Action"] if not one.startswith(("ec2:Describe", "kms:", "ec2:CreateTags"))}
        if changes and not any(":instance/" in one for one in statement["Resource"]):
            settings = statement["Condition"]["StringEquals"]
            assert settings in ({f"aws:ResourceTag/{tag}": "shop"}, {f"aws:RequestTag/{tag}": "shop"}), statement["Sid"]


def test_the_driver_cannot_give_a_volume_the_tags_by_which_it_may_change_it() -> None:
    (tags,) = (one for one in policy() if one["Sid"] == "TagOwnVolumes")
    assert "ebs.csi.aws.com/cluster-name" in tags["Condition"]["ForAllValues:StringNotEquals"]["aws:TagKeys"]
    made = next(one for one in policy() if one["Sid"] == "TagWhatIsMade")["Condition"]["StringEquals"]
    assert list(made) == ["ec2:CreateAction"]


def test_the_driver_uses_the_clusters_key_through_ec2_alone_and_lends_it_to_aws_alone() -> None:
    keys = [one for one in policy() if one["Action"][0].startswith("kms:")]
    assert all(one["Resource"] == [KEY] for one in keys)
    assert all(one["Condition"]["StringEquals"] == {"kms:ViaService": "ec2.us-west-2.amazonaws.com"} for one in keys)
    (lends,) = (one for one in keys if one["Action"] == ["kms:CreateGrant"])
    assert lends["Condition"]["Bool"] == {"kms:GrantIsForAWSResource": "true"}


def test_only_actions_without_resources_are_allowed_everywhere() -> None:
    everywhere = [one for one in policy() if one["Resource"] == ["*"]]
    assert all(action.startswith("ec2:Describe") for one in everywhere for action in one["Action"])
    assert len(json.dumps(policy())) < 10_240


def test_the_drivers_question_for_the_limit_of_iops_is_answered_and_makes_no_volume_of_another_kind() -> None:
    # aws-ebs-csi-driver asks by a dry run of CreateVolume with this one tag.
    (asks,) = [
        one["Condition"]
        for one in policy()
        if one["Action"] == ["ec2:CreateVolume"] and "aws:RequestTag/CSIVolumeName" in str(one["Condition"])
    ]
    assert asks["StringEquals"] == {"aws:RequestTag/CSIVolumeName": "IopsLimitDryRun"}
    assert asks["ForAllValues:StringEquals"] == {"aws:TagKeys": ["CSIVolumeName"]}
