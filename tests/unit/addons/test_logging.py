"""Logs reach every back end alike: the same DaemonSet on every node, keys from a Secret, bounded buffers."""

import json
import re
from typing import Any

import pytest
import yaml

from support.add_ons.cluster_facts import cluster_facts
from support.add_ons.log_backends import BACKENDS
from support.add_ons.manifest_rules import PolicyContext, cluster_problems
from tripod.addons.framework.objects import Manifest
from tripod.addons.logging.backends import LogBackend, log_backend, log_group_policy
from tripod.addons.logging.fluent_bit import NAME, NAMESPACE, fluent_bit, fluent_bit_config
from tripod.addons.logging.spec import LoggingSpec
from tripod.addons.telemetry.common import digest_annotation, to_host

ROLE = "arn:aws:iam::123456789012:role/logs"


def made(values: dict[str, Any], **facts: Any) -> tuple[LogBackend, list[Manifest]]:
    spec, cluster = LoggingSpec.load(values), cluster_facts(**facts)
    backend = log_backend(cluster, spec)
    config = fluent_bit_config("shop", backend.output, audit=spec.audit, buffer_mib=spec.buffer_mib)
    keys = dict.fromkeys(backend.keys, "secret-of-the-test")
    return backend, fluent_bit(cluster, backend, config, keys, ROLE if backend.policy else None)


def one(objects: list[Manifest], kind: str, name: str = NAME) -> Manifest:
    (found,) = (item for item in objects if item["kind"] == kind and item["metadata"]["name"] == name)
    return found


def pod(objects: list[Manifest]) -> dict[str, Any]:
    return one(objects, "DaemonSet")["spec"]["template"]["spec"]


def config(objects: list[Manifest]) -> dict[str, Any]:
    return yaml.safe_load(one(objects, "ConfigMap")["data"]["fluent-bit.yaml"])


every_backend = pytest.mark.parametrize("values", BACKENDS.values(), ids=BACKENDS)


@every_backend
def test_objects_keep_the_rules_of_the_context(values: dict[str, Any]):
    mirrors = {"docker.io": "mirror.example/docker"}
    assert list(cluster_problems(made(values, image_mirrors=mirrors)[1], PolicyContext(mirrors=mirrors))) == []


@every_backend
def test_it_runs_on_every_node_tainted_or_not(values: dict[str, Any]):
    settings = pod(made(values)[1])
    assert settings["tolerations"] == [{"operator": "Exists"}]
    assert "nodeSelector" not in settings
    assert "affinity" not in settings


@every_backend
def test_a_key_is_in_the_secret_and_nowhere_else(values: dict[str, Any]):
    backend, objects = made(values)
    assert json.dumps(objects).count("secret-of-the-test") == len(backend.keys)
    (container,) = pod(objects)["containers"]
    for variable in backend.keys:
        reference = {"name": variable, "valueFrom": {"secretKeyRef": {"name": NAME, "key": variable}}}
        assert reference in container["env"]
        assert one(objects, "Secret")["stringData"][variable] == "secret-of-the-test"
    assert bool(backend.keys) == any(item["kind"] == "Secret" for item in objects)


@every_backend
def test_every_variable_of_the_configuration_is_set(values: dict[str, Any]):
    objects = made(values)[1]
    (container,) = pod(objects)["containers"]
    named = set(re.findall(r"\$\{(\w+)\}", one(objects, "ConfigMap")["data"]["fluent-bit.yaml"]))
    assert named <= {variable["name"] for variable in container["env"]}


@every_backend
def test_buffers_are_on_disk_and_bounded(values: dict[str, Any]):
    settings = config(made({**values, "bufferMib": 100})[1])
    assert {source["storage.type"] for source in settings["pipeline"]["inputs"]} == {"filesystem"}
    assert [output["storage.total_limit_size"] for output in settings["pipeline"]["outputs"]] == ["100M"]
    assert settings["service"]["storage.path"].startswith("/var/lib/fluent-bit/")


@every_backend
def test_all_three_sources_go_to_the_one_output(values: dict[str, Any]):
    pipeline = config(made(values)[1])["pipeline"]
    assert [source["tag"] for source in pipeline["inputs"]] == ["kube.*", "node.*", "audit"]
    assert [output["match"] for output in pipeline["outputs"]] == ["*"]
    origins = [settings["record"] for settings in pipeline["filters"] if settings["name"] == "record_modifier"]
    assert [record[-1] for record in origins] == ["source container", "source node", "source audit"]
    assert all(record[:2] == ["cluster shop", "node ${NODE_NAME}"] for record in origins)


@every_backend
def test_it_may_read_whose_a_pod_is_and_nothing_else(values: dict[str, Any]):
    (rule,) = one(made(values)[1], "ClusterRole")["rules"]
    assert rule == {"apiGroups": [""], "resources": ["pods"], "verbs": ["get"]}


@every_backend
def test_it_calls_the_api_and_the_back_end(values: dict[str, Any]):
    backend, objects = made(values)
    rules = one(objects, "NetworkPolicy")["spec"]["egress"]
    assert [rule["ports"][0]["port"] for rule in rules[:2]] == [443, 6443]
    assert rules[2:] == list(backend.egress)
    assert backend.egress


@every_backend
def test_changed_files_replace_the_pods(values: dict[str, Any]):
    before, after = (made({**values, "bufferMib": size})[1] for size in (100, 200))
    annotated = [
        one(objects, "DaemonSet")["spec"]["template"]["metadata"]["annotations"] for objects in (before, after)
    ]
    assert annotated[0]["tripod/config"] != annotated[1]["tripod/config"]
    assert annotated[0]["tripod/config"] == digest_annotation(one(before, "ConfigMap"))["tripod/config"]


def test_what_goes_over_the_network_is_encrypted():
    for name, values in BACKENDS.items():
        output = made(values)[0].output
        # CloudWatch's plugin knows nothing else.
        safe = name == "cloudwatch" or output.get("tls.verify") is True
        assert safe or output["rdkafka.security.protocol"] == "sasl_ssl"


def test_without_a_user_there_is_no_authentication():
    output = made({"backend": "kafka", "kafka": {"brokers": ["b.example.com:9092"], "tls": False}})[0].output
    assert output["rdkafka.security.protocol"] == "plaintext"
    assert not [key for key in output if "sasl" in key]
    assert "http_user" not in made({"backend": "elasticsearch", "elasticsearch": {"host": "e.example.com"}})[0].output


def test_only_aws_gets_a_role():
    with_policy = {name for name, values in BACKENDS.items() if made(values)[0].policy is not None}
    assert with_policy == {"cloudwatch", "opensearch"}
    with_role, without = pod(made(BACKENDS["cloudwatch"])[1]), pod(made(BACKENDS["mezmo"])[1])
    assert {"name": "AWS_ROLE_ARN", "value": ROLE} in with_role["containers"][0]["env"]
    assert "aws-token" in [volume["name"] for volume in with_role["volumes"]]
    assert "aws-token" not in [volume["name"] for volume in without["volumes"]]


def test_the_role_writes_to_one_log_group():
    (statement,) = log_group_policy("aws", "us-west-2", "123456789012", "shop")["Statement"]
    group = "arn:aws:logs:us-west-2:123456789012:log-group:/tripod/shop/logs"
    assert statement["Resource"] == [group, f"{group}:log-stream:*"]
    assert statement["Action"] == ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"]


def test_the_audit_log_is_left_out_where_it_is_not_wanted():
    settings = config(made({"audit": False})[1])
    assert "audit" not in json.dumps(settings)


def test_its_own_logs_are_not_collected():
    containers = config(made({})[1])["pipeline"]["inputs"][0]
    assert containers["exclude_path"] == f"/var/log/containers/{NAME}-*_{NAMESPACE}_*.log"


def test_a_back_end_in_the_cluster_is_called_in_its_namespace():
    rule = to_host("search.logs.svc.cluster.local", 9200)
    assert rule == {"to": [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "logs"}}}]}
    assert to_host("search.example.com", 9200)["ports"] == [{"port": 9200, "protocol": "TCP"}]
