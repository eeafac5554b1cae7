"""IAM policy documents, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from tripod.core.json_types import JsonObject

Document = JsonObject
Condition = Mapping[str, Mapping[str, str | list[str]]]


@dataclass(frozen=True)
class Statement:
    """A statement that allows actions.

    Attributes:
        sid: its purpose, in letters.
        actions: the actions, none of them with a wildcard.
        resources: their resources; "*" only for actions that have none.
        conditions: when; all must hold.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    conditions: Condition = field(default_factory=dict[str, Mapping[str, str | list[str]]])

    def document(self) -> Document:
        """The statement as IAM reads it."""
        statement: Document = {
            "Sid": self.sid,
            "Effect": "Allow",
            "Action": sorted(self.actions),
            "Resource": list(self.resources),
        }
        if self.conditions:
            statement["Condition"] = {test: dict(values) for test, values in self.conditions.items()}
        return statement


def policy_document(*statements: Statement) -> Document:
    """A policy of some statements."""
    return {"Version": "2012-10-17", "Statement": [statement.document() for statement in statements]}


def trust_document(principal: Mapping[str, str], action: str, conditions: Condition | None = None) -> Document:
    """A trust policy: the principal that may assume a role."""
    statement: Document = {"Effect": "Allow", "Principal": dict(principal), "Action": action}
    if conditions:
        statement["Condition"] = {test: dict(values) for test, values in conditions.items()}
    return {"Version": "2012-10-17", "Statement": [statement]}


def service_trust(service: str, account_id: str) -> Document:
    """The trust of an AWS service that acts for one account: no other account's resources can make it use the role."""
    return trust_document({"Service": service}, "sts:AssumeRole", {"StringEquals": {"aws:SourceAccount": account_id}})


def instance_trust(dns_suffix: str) -> Document:
    """The trust of EC2 instances."""
    return trust_document({"Service": f"ec2.{dns_suffix}"}, "sts:AssumeRole")


def service_account_trust(providers: Mapping[str, str], namespace: str, service_account: str) -> Document:
    """The trust of one Kubernetes service account, by both its name and its token's audience.

    Args:
        providers: URL of an issuer → ARN of its OIDC provider in IAM; more than one while the issuer changes.
        namespace: the service account's namespace.
        service_account: its name.
    """
    trusts: list[Document] = []
    for url, provider_arn in providers.items():
        issuer = url.removeprefix("https://")
        claims = {
            f"{issuer}:sub": f"system:serviceaccount:{namespace}:{service_account}",
            f"{issuer}:aud": STS_AUDIENCE,
        }
        action = "sts:AssumeRoleWithWebIdentity"
        trusts.append(trust_document({"Federated": provider_arn}, action, {"StringEquals": claims}))
    return {**trusts[0], "Statement": [statement for trust in trusts for statement in trust["Statement"]]}


STS_AUDIENCE = "sts.amazonaws.com"
"""The audience of tokens that AWS takes. The API server does not accept it, so such a token is no way into the API."""
