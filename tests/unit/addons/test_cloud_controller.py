"""The cloud controller: its configuration, and its rights, which are those of its nodes."""

from configparser import ConfigParser

from support.add_ons.cluster_facts import ACCOUNT, MIRRORS, cluster_facts
from tripod.addons.cloud_controller.objects import NAMESPACE, cloud_config, cloud_controller_values
from tripod.core.iam_documents import Document
from tripod.core.naming import ownership_tag
from tripod.iam.cloud_controller_policies import cloud_controller_policy


def settings() -> dict[str, str]:
    parser = ConfigParser()
    parser.optionxform = str  # pyright: ignore[reportAttributeAccessIssue] - keys are read as they are written
    parser.read_string(cloud_config(cluster_facts())["data"]["cloud.conf"])
    return dict(parser["Global"])


def test_load_balancers_get_security_groups_of_their_own_and_those_of_nodes_are_not_changed() -> None:
    assert settings() == {
        "KubernetesClusterID": "shop",
        "NLBSecurityGroupMode": "Managed",
        "DisableSecurityGroupIngress": "true",
    }


def test_it_may_do_what_that_mode_asks_for_to_what_bears_the_tag_that_it_gives() -> None:
    policy: Document = cloud_controller_policy("aws", "us-west-2", ACCOUNT, settings()["KubernetesClusterID"])
    allowed = {action for statement in policy["Statement"] for action in statement["Action"]}
    assert allowed >= {
        "ec2:AuthorizeSecurityGroupIngress",
        "ec2:CreateSecurityGroup",
        "ec2:DeleteSecurityGroup",
        "ec2:RevokeSecurityGroupIngress",
        "elasticloadbalancing:SetSecurityGroups",
    }
    changes = next(one for one in policy["Statement"] if one["Sid"] == "ChangeGroups")
    assert changes["Condition"] == {
        "StringEquals": {f"aws:ResourceTag/{ownership_tag('shop')}": "owned"},
        "Null": {"aws:ResourceTag/tripod:role": "true"},
    }


def test_it_has_its_nodes_rights_and_starts_where_nothing_else_may_run() -> None:
    values = cloud_controller_values(cluster_facts(), cloud_config(cluster_facts()))
    assert values["hostNetworking"]
    assert values["nodeSelector"] == {"node-role.kubernetes.io/control-plane": ""}
    assert values["tolerations"] == [{"operator": "Exists"}]
    assert {one["name"]: one["value"] for one in values["env"]} == {
        "KUBERNETES_SERVICE_HOST": "127.0.0.1",
        "KUBERNETES_SERVICE_PORT": "6443",
    }


def test_it_is_of_the_clusters_version_and_keeps_no_routes() -> None:
    values = cloud_controller_values(cluster_facts(image_mirrors=MIRRORS), cloud_config(cluster_facts()))
    assert values["image"]["repository"].startswith("mirror.example.com/k8s/")
    assert values["image"]["tag"].startswith("v1.36.")
    assert {"--cluster-name=shop", "--configure-cloud-routes=false"} <= set(values["args"])


def test_a_change_of_its_settings_replaces_its_pods() -> None:
    other = {**cloud_config(cluster_facts()), "data": {"cloud.conf": "[Global]\n"}}
    before = cloud_controller_values(cluster_facts(), cloud_config(cluster_facts()))["podAnnotations"]
    assert cloud_controller_values(cluster_facts(), other)["podAnnotations"] != before
    assert cloud_config(cluster_facts())["metadata"]["namespace"] == NAMESPACE
