"""A kubelet's certificates, asked for before their time: real requests by openssl, an API in memory."""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from support.agent.instance import INSTANCE, failed
from support.agent.kubernetes_api import UNREACHABLE, Api
from support.agent.kubernetes_nodes import FakeInstance, node_instance, worker
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.node.csr import CLIENT_SIGNER, read_request
from tripod.bootstrap.agent.node.kubelet_renewal import SERVING
from tripod.bootstrap.agent.node.paths import KUBELET_CLIENT
from tripod.bootstrap.agent.workers.role import COMMANDS

ISSUED = "-----BEGIN CERTIFICATE-----\nnew\n-----END CERTIFICATE-----\n"
OLD = "/var/lib/kubelet/pki/kubelet-client-2026-01-01-00-00-00.pem"


@dataclass
class Kubelet:
    """A worker's kubelet with certificates, and a controller manager that signs after some looks."""

    standing: FakeInstance
    api: Api
    looks: int = 3
    status: dict[str, Any] | None = None

    def get(self, *command: str) -> str:
        if "certificatesigningrequest" not in command:
            return self.answer(*command)
        self.looks -= 1
        (body,) = self.api.objects.values()
        issued = {"certificate": base64.b64encode(ISSUED.encode()).decode()}
        return json.dumps({**body, "status": (self.status or issued) if self.looks <= 0 else {}})

    answer: Callable[..., str] = lambda *_: ""

    def restart(self, *_: str) -> str:
        # At its start it asks for a serving certificate, and is given one.
        self.standing.machine.write(SERVING, "new")
        return ""


@pytest.fixture
def kubelet(tmp_path: Path) -> Kubelet:
    standing = node_instance(tmp_path, worker())
    made = Kubelet(standing, Api(standing))
    reply = standing.machine.replies["kubectl"]
    assert callable(reply)
    made.answer = reply
    standing.machine.replies.update(
        {"kubectl": made.get, "systemctl restart kubelet.service": made.restart, "curl": ""}
    )
    standing.machine.write(OLD, "old")
    standing.machine.path(KUBELET_CLIENT).symlink_to(Path(OLD).name)
    standing.machine.write(SERVING, "old")
    return made


def renew(kubelet: Kubelet) -> str:
    return json.loads(COMMANDS["renew-now"](kubelet.standing.agent))["said"]


def test_it_asks_as_the_kubelet_would_and_points_at_what_was_issued(kubelet: Kubelet) -> None:
    assert "a new client and a new serving certificate" in renew(kubelet)
    (request,) = kubelet.api.objects.values()
    asked = read_request({"spec": {**request["spec"], "username": f"system:node:{INSTANCE}"}})
    assert asked.signer == CLIENT_SIGNER
    assert asked.usages == {"digital signature", "client auth"}
    assert asked.certificate is not None
    assert (asked.certificate.name, asked.certificate.organisation) == (f"system:node:{INSTANCE}", "system:nodes")
    machine = kubelet.standing.machine
    current = machine.path(KUBELET_CLIENT)
    assert current.read_text().startswith(ISSUED)
    assert "PRIVATE KEY" in current.read_text()
    assert current.resolve().stat().st_mode & 0o777 == 0o600
    assert machine.read(OLD) == "old"
    assert machine.read(SERVING) == "new"
    assert "PRIVATE KEY" not in "".join(machine.commands)


def test_a_request_that_is_denied_leaves_the_kubelet_as_it_is(kubelet: Kubelet) -> None:
    kubelet.status = {"conditions": [{"type": "Denied", "message": "no such instance"}]}
    with pytest.raises(AgentError, match="was denied: no such instance"):
        renew(kubelet)
    machine = kubelet.standing.machine
    assert machine.path(KUBELET_CLIENT).read_text() == "old"
    assert (machine.read(SERVING), machine.ran("systemctl")) == ("old", [])


def test_a_certificate_that_nobody_signs_is_waited_for_and_given_up(kubelet: Kubelet) -> None:
    kubelet.looks = 10_000
    with pytest.raises(AgentError, match="nobody has signed"):
        renew(kubelet)
    assert kubelet.standing.machine.path(KUBELET_CLIENT).read_text() == "old"


def test_an_api_that_does_not_answer_at_first_is_asked_again(kubelet: Kubelet) -> None:
    kubelet.api.faults = [failed(UNREACHABLE)] * 3
    assert "a new client" in renew(kubelet)
