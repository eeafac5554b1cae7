"""Logs and metrics of control-plane nodes get out, or it is said that they do not."""

from typing import Any

import pytest

from tripod.addons.egress_ports import backend_port_problems
from tripod.addons.spec import AddOnsSpec
from tripod.control_plane.spec import ControlPlaneSpec

KAFKA = {"backend": "kafka", "kafka": {"brokers": ["b1.example.com:443", "b2.example.com:9096"]}}
SEARCH = {"backend": "elasticsearch", "elasticsearch": {"host": "search.example.com", "port": 9243}}
REMOTE = {"remoteWrite": {"url": "https://metrics.example.com:9009/push"}}


def refused(*opened: int, **add_ons: Any) -> list[str]:
    settings = AddOnsSpec.load(add_ons)
    return [problem.location for problem in backend_port_problems(ControlPlaneSpec(outward_ports=opened), settings)]


@pytest.mark.parametrize(
    ("add_ons", "port", "where"),
    [
        ({"logging": KAFKA}, 9096, "addOns.logging.kafka.brokers[1]"),
        ({"logging": SEARCH}, 9243, "addOns.logging.elasticsearch.port"),
        ({"metrics": REMOTE}, 9009, "addOns.metrics.remoteWrite.url"),
    ],
)
def test_a_port_that_is_closed_to_control_plane_nodes_is_named(add_ons: dict[str, Any], port: int, where: str):
    assert refused(**add_ons) == [where]
    assert refused(port, **add_ons) == []


def test_an_add_on_that_is_left_out_needs_no_port():
    assert refused(logging=KAFKA, metrics=REMOTE, without=["logging", "metrics"]) == []


def test_the_web_and_the_cluster_itself_are_open():
    assert refused() == []
    in_cluster = {"backend": "elasticsearch", "elasticsearch": {"host": "search.logs.svc.cluster.local", "port": 9200}}
    assert refused(logging=in_cluster, metrics={"remoteWrite": {"url": "http://mimir.metrics.svc:8080/push"}}) == []
