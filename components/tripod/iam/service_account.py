"""The component ServiceAccountRole: AWS rights for one Kubernetes service account."""

import json
import re
from collections.abc import Iterator

import pulumi
import pulumi_aws as aws

from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, recorded_inputs, spec_of
from tripod.core.iam_documents import service_account_trust
from tripod.core.problems import Problem
from tripod.core.spec import Spec


class ServiceAccountSpec(Spec):
    """Which service account."""

    namespace: str
    service_account: str

    def _rules(self) -> Iterator[Problem]:
        for field in ("namespace", "service_account"):
            given: str = getattr(self, field)
            if not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?", given):
                yield Problem((field,), repr(given), "the name of one, without wildcards", "name the service account")


class ServiceAccountRoleArgs(OwnedArgs):
    """Arguments of ServiceAccountRole."""

    region: str
    """The region; it is part of the role's name, which is the account's."""
    provider_arn: pulumi.Input[str]
    """IAM's provider, as OidcIssuer gives it."""
    issuer_url: pulumi.Input[str]
    """The issuer, as OidcIssuer gives it."""
    namespace: str
    """The service account's namespace."""
    service_account: str
    """Its name."""
    policy: pulumi.Input[str]
    """What it may do: a policy document (JSON)."""


class ServiceAccountRole(pulumi.ComponentResource):
    """A role that one service account can assume, with a token made for AWS: its trust names both."""

    role_arn: pulumi.Output[str]
    """The role, for the annotation ``eks.amazonaws.com/role-arn`` or the variable ``AWS_ROLE_ARN``."""

    def __init__(self, name: str, args: ServiceAccountRoleArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec = spec_of(ServiceAccountSpec, args, ServiceAccountRoleArgs)
        super().__init__("tripod:index:ServiceAccountRole", name, recorded_inputs(args), opts)
        scope = ChildFactory.of(name, self, args)
        known = pulumi.Output.all(arn=args["provider_arn"], url=args["issuer_url"])
        role = aws.iam.Role(
            scope.child("role"),
            name=scope.physical(args["region"], spec.namespace, spec.service_account, limit=64),
            assume_role_policy=known.apply(
                lambda values: json.dumps(
                    service_account_trust(
                        values["arn"], values["url"].removeprefix("https://"), spec.namespace, spec.service_account
                    )
                )
            ),
            tags=scope.tags(spec.namespace, spec.service_account, role="service-account"),
            opts=scope.opts(),
        )
        aws.iam.RolePolicy(scope.child("rights"), name="rights", role=role.id, policy=args["policy"], opts=scope.opts())
        self.role_arn = role.arn
        self.register_outputs(annotated_outputs(self))
