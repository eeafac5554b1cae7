"""Values of charts whose loss no error would show, each with the reason for it."""

from typing import Any

import pytest

from support.stacks.planned import inputs, of_type, planned

VALUES: list[tuple[str, str, Any, str]] = [
    ("cilium", "enableLBIPAM", False, "the cloud controller makes load balancers"),
    ("cilium", "defaultLBServiceIPAM", "none", "the cloud controller makes load balancers"),
    ("cilium", "policyCIDRMatchMode", ["nodes"], "a policy's ranges mean nodes too"),
    ("cert-manager", "crds.keep", True, "certificates stay when the release goes"),
    ("cert-manager", "startupapicheck.enabled", True, "issuers are made once the webhook answers"),
    ("cluster-autoscaler", "replicaCount", 2, "one stands by"),
    ("cluster-autoscaler", "extraArgs.leader-elect", True, "one decides"),
    ("external-dns-public", "extraArgs.exclude-target-net", ["0.0.0.0/0", "::/0"], "records are names, not addresses"),
]


@pytest.mark.parametrize(("add_on", "path", "value", "reason"), VALUES)
def test_a_value_is_in_the_release(add_on: str, path: str, value: Any, reason: str) -> None:
    releases = of_type(planned("production"), "kubernetes:helm.sh/v3:Release")
    (found,) = [inputs(one)["values"] for one in releases if one.name == f"add-ons-{add_on}-release"]
    for key in path.split("."):
        found = found[key]
    assert found == value, reason
