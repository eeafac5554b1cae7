import base64
import json
from typing import Any

import pytest

from tripod.control_plane.kubeconfig import ApiAccess, api_access, kubeconfig

ENDPOINT = "api.demo.internal:6443"


@pytest.mark.parametrize(
    ("mode", "public_name", "server"),
    [
        ("ssm-tunnel", None, "https://127.0.0.1:16443"),
        ("ssm-tunnel", "lb.example.com", "https://127.0.0.1:16443"),
        ("in-vpc-runner", None, "https://api.demo.internal:6443"),
        ("in-vpc-runner", "lb.example.com", "https://api.demo.internal:6443"),
        ("public-allow-list", "lb.example.com", "https://lb.example.com:6443"),
        ("public-allow-list", None, "https://api.demo.internal:6443"),
    ],
)
def test_an_api_is_reached_by_its_mode_and_verified_by_its_name(
    mode: str, public_name: str | None, server: str
) -> None:
    assert api_access(mode, ENDPOINT, 16443, public_name) == ApiAccess(server, "api.demo.internal")


def test_a_kubeconfig_has_one_context_and_its_certificates_in_base64() -> None:
    access = ApiAccess("https://127.0.0.1:16443", "api.demo.internal")
    config: dict[str, Any] = json.loads(kubeconfig("demo", access, "CA\n", "CERT\n", "KEY\n"))
    (context,) = config["contexts"]
    (cluster,) = config["clusters"]
    (user,) = config["users"]
    assert (config["apiVersion"], config["kind"], config["current-context"]) == ("v1", "Config", context["name"])
    assert context["context"] == {"cluster": cluster["name"], "user": user["name"]}
    assert cluster["cluster"]["server"] == "https://127.0.0.1:16443"
    assert cluster["cluster"]["tls-server-name"] == "api.demo.internal"
    assert "insecure-skip-tls-verify" not in cluster["cluster"]
    assert base64.b64decode(cluster["cluster"]["certificate-authority-data"]) == b"CA\n"
    assert base64.b64decode(user["user"]["client-certificate-data"]) == b"CERT\n"
    assert base64.b64decode(user["user"]["client-key-data"]) == b"KEY\n"
