"""Approver of kubelets' certificate requests, a service on control-plane nodes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from ..aws.client import MissingError
from ..core.errors import AgentError, RetryableError
from ..core.retry import RetryPolicy
from ..core.typed_json import JsonObject
from ..instance.context import Agent
from ..node.csr import is_pending, read_request
from ..node.kubectl import ApiError, Kubectl
from .csr_policy import (
    Decision,
    Instance,
    RequestContext,
    Verdict,
    decide,
    decide_on_key,
    instance_of,
    is_ours,
    node_named,
)
from .first_key import claim_first_key, record_first_key

SECONDS = 5
"""Seconds between two rounds. A worker that joins waits for half of it, on average."""

AUTO_APPROVAL = "kubeadm:node-autoapprove-bootstrap"
"""The binding by which kubeadm approves every certificate request of a token holder. Our token is not in
its group; it is removed all the same, and each `kubeadm init` brings it back."""

_PATH = "/apis/certificates.k8s.io/v1/certificatesigningrequests/{name}/approval"
_CONDITIONS = {Verdict.APPROVE: "Approved", Verdict.DENY: "Denied"}
_RETRY_POLICY = RetryPolicy(seconds=20)


@dataclass(frozen=True)
class Approver:
    """Decides on certificate requests.

    Attributes:
        agent: the instance it runs on.
        kubectl: the API, as an administrator.
    """

    agent: Agent
    kubectl: Kubectl

    def decide_pending(self) -> list[str]:
        """Decide on every pending request, once. One that fails keeps no other waiting.

        Returns:
            One line for each decision.

        Raises:
            AgentError: AWS or the API refuses.
            RetryableError: the API does not answer.
        """
        if self.kubectl.find("clusterrolebinding", AUTO_APPROVAL) is not None:
            self.remove_auto_approval()
        said: list[str] = []
        failures: list[AgentError | RetryableError] = []
        for body in sorted(
            self.kubectl.list("certificatesigningrequests.certificates.k8s.io"),
            key=lambda one: one["metadata"]["creationTimestamp"],
            reverse=True,
        ):
            try:
                if is_pending(body):
                    said.extend(self._decide_on(body))
            except (AgentError, RetryableError) as error:
                failures.append(error)
        if failures:
            for line in said:
                self.agent.log(line)
            raise failures[0]
        return said

    def remove_auto_approval(self) -> None:
        """Remove the binding by which kubeadm approves requests automatically.

        Raises:
            AgentError: the API refuses.
            RetryableError: it does not answer.
        """
        self.kubectl.run("delete", "clusterrolebinding", AUTO_APPROVAL, "--ignore-not-found")

    def _decide_on(self, body: JsonObject) -> list[str]:
        request = read_request(body)
        if not is_ours(request):
            return []
        node = node_named(request)
        context = RequestContext(
            cluster=self.agent.config.document.cluster,
            instance=self._instance(node) if node else None,
            is_node=node is not None and self.kubectl.find("node", node) is not None,
            created=datetime.fromisoformat(body["metadata"]["creationTimestamp"]),
            now=self.agent.now(),
        )
        decision = decide(request, context)
        if node and decision.first_key:
            decision = self._with_first_key(body, node, decision)
        if decision.verdict not in _CONDITIONS or not self._write(body, decision):
            return []
        return [f"{decision.verdict.value}: {body['metadata']['name']}: {decision.reason}"]

    def _instance(self, instance: str) -> Instance | None:
        try:
            found = self.agent.aws.call("ec2", "describe_instances", InstanceIds=[instance])["Reservations"]
        except MissingError:
            return None
        described = [one for reservation in found for one in reservation["Instances"]]
        return instance_of(described[0]) if described else None

    def _with_first_key(self, body: JsonObject, node: str, decision: Decision) -> Decision:
        """Record the key of an approval as the instance's first; deny if another one was faster."""
        key = decision.first_key
        first = claim_first_key(self.kubectl, node, key, body)
        if first != key:
            return decide_on_key(node, key, first)
        try:
            record_first_key(self.agent.aws, node, key)
        except MissingError:
            return Decision(Verdict.WAIT, f"EC2 does not know {node} any more, or not everywhere yet")
        return decision

    def _write(self, body: JsonObject, decision: Decision) -> bool:
        """Write a decision to the request it was made for; False if that has changed meanwhile."""
        condition = {
            "type": _CONDITIONS[decision.verdict],
            "status": "True",
            "reason": "TripodApprover",
            "message": decision.reason,
        }
        status = {**body.get("status", {}), "conditions": [condition]}
        try:
            self.kubectl.put(_PATH.format(name=body["metadata"]["name"]), {**body, "status": status})
        except ApiError as error:
            # Another control-plane node decided, or the request is gone, or made anew with other content.
            if error.reason in ("Conflict", "NotFound"):
                return False
            raise
        return True


def run_approver(
    agent: Agent, kubectl: Kubectl, sleep: Callable[[float], None] = time.sleep, rounds: int | None = None
) -> str:
    """Decide on requests, round after round; a round that fails is logged and followed by the next.

    Args:
        agent: the instance.
        kubectl: the API, as an administrator.
        sleep: waits between two rounds.
        rounds: the number of rounds; by default it never ends.
    """
    # A slow AWS call for one request must not delay the others.
    hurried = agent.with_retry_policy(_RETRY_POLICY)
    approver = Approver(hurried, kubectl)
    logged = ""
    looked = 0
    while rounds is None or looked < rounds:
        looked += 1
        try:
            for line in approver.decide_pending():
                agent.log(line)
            logged = ""
        except (AgentError, RetryableError) as error:
            if str(error) != logged:
                agent.log(f"the look failed, the next comes: {error}")
                logged = str(error)
        sleep(SECONDS)
    return f"{looked} looks"
