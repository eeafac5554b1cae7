"""The component ServiceAccountRole: an IAM role for one Kubernetes service account (IRSA)."""

import json
import re
from collections.abc import Iterator
from typing import NotRequired

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, recorded_inputs, spec_of
from tripod.core.iam_documents import service_account_trust
from tripod.core.problems import Problem
from tripod.core.spec import Spec


class ServiceAccountSpec(Spec):
    """The service account that may assume the role."""

    namespace: str
    service_account: str

    def _rules(self) -> Iterator[Problem]:
        for field in ("namespace", "service_account"):
            given: str = getattr(self, field)
            if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", given):
                yield Problem((field,), repr(given), "a Kubernetes name, without wildcards", "name the service account")


class ServiceAccountRoleArgs(OwnedArgs):
    """Arguments of ServiceAccountRole."""

    region: str
    """The region; it is part of the role's name, which is unique in the account."""
    provider_arn: pulumi.Input[str]
    """The ARN of IAM's OIDC provider: OidcIssuer's output."""
    issuer_url: pulumi.Input[str]
    """The issuer's URL: OidcIssuer's output."""
    accepted_providers: NotRequired[pulumi.Input[dict[str, str]]]
    """Further issuers, while the issuer changes: URL → ARN of the provider: OidcIssuer's output."""
    namespace: str
    """The service account's namespace."""
    service_account: str
    """Its name."""
    policy: pulumi.Input[str]
    """Its permissions: a policy document (JSON)."""


class ServiceAccountRole(pulumi.ComponentResource):
    """An IAM role that one service account can assume; its trust checks the token's subject and audience."""

    role_arn: pulumi.Output[str]
    """The role's ARN, for the annotation ``eks.amazonaws.com/role-arn`` or the variable ``AWS_ROLE_ARN``."""

    def __init__(self, name: str, args: ServiceAccountRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(ServiceAccountSpec, args, ServiceAccountRoleArgs)
        super().__init__("tripod:index:ServiceAccountRole", name, recorded_inputs(args), opts)
        children = ChildFactory.of(name, self, args)
        known = pulumi.Output.all(args["issuer_url"], args["provider_arn"], args.get("accepted_providers") or {})
        role = aws.iam.Role(
            children.logical_name("role"),
            name=children.physical_name(args["region"], spec.namespace, spec.service_account, limit=64),
            assume_role_policy=known.apply(
                lambda values: json.dumps(
                    service_account_trust({values[0]: values[1], **values[2]}, spec.namespace, spec.service_account)
                )
            ),
            tags=children.tags(spec.namespace, spec.service_account, role="service-account"),
            opts=children.opts(),
        )
        aws.iam.RolePolicy(
            children.logical_name("rights"), name="rights", role=role.id, policy=args["policy"], opts=children.opts()
        )
        self.role_arn = role.arn
        self.register_outputs(annotated_outputs(self))
