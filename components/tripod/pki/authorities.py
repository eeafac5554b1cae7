"""The component CertificateAuthorities: what a cluster trusts, and the keys that nodes share.

Pulumi makes each secret and its first value, and ignores later ones: from then on nodes and
`tripod rotate` write it, and a refresh puts no old key back.
"""

import base64
import hashlib
from collections.abc import Mapping
from typing import NotRequired

import pulumi
import pulumi_aws as aws
import pulumi_random as random
import pulumi_tls as tls

from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, recorded_inputs, spec_of
from tripod.core.spec import Spec
from tripod.pki.secret_names import AUTHORITIES, ClusterPaths, SecretName

YEAR_HOURS = 365 * 24
AUTHORITY_HOURS = 10 * YEAR_HOURS
LEAF_HOURS = YEAR_HOURS
RENEW_EARLY_HOURS = LEAF_HOURS // 3
"""A leaf is renewed when a third of its life is left."""

DEPLOYER = "tripod:deployer"
"""The user as which a stack's own program acts on the API."""

DEPLOYER_GROUP = "kubeadm:cluster-admins"
"""kubeadm binds this group to cluster-admin. Not system:masters, which no RBAC change can take rights from."""


class CertificateAuthoritiesArgs(OwnedArgs):
    """Arguments of CertificateAuthorities."""

    incarnation: pulumi.Input[str]
    """Which life of the cluster this is."""
    key_arn: pulumi.Input[str]
    """The KMS key of the secrets."""
    protect: NotRequired[bool]
    """Whether the engine refuses to delete them. Default: true."""


class CertificateAuthorities(pulumi.ComponentResource):
    """Four certificate authorities, the service-account key and the first encryption key, in Secrets Manager.

    Private keys are secret in the stack's state, and stand nowhere else but in Secrets Manager.
    """

    certificate: pulumi.Output[str]
    """The cluster CA's certificate (PEM)."""
    certificates: pulumi.Output[dict[str, str]]
    """Purpose → certificate (PEM) of each authority."""
    service_account_public_key: pulumi.Output[str]
    """The public half of the service-account key (PEM)."""
    deployer_certificate: pulumi.Output[str]
    """The certificate of the stack's own program (PEM)."""
    deployer_private_key: pulumi.Output[str]
    """Its private key (PEM); a secret."""
    secret_names: pulumi.Output[dict[str, str]]
    """Purpose → name in Secrets Manager."""
    secret_arns: pulumi.Output[dict[str, str]]
    """Purpose → ARN."""

    def __init__(self, name: str, args: CertificateAuthoritiesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec_of(Spec, args, CertificateAuthoritiesArgs)
        super().__init__("tripod:index:CertificateAuthorities", name, recorded_inputs(args), opts)
        scope = ChildFactory.of(name, self, args)
        keep = scope.retained_opts(args.get("protect", True))
        authorities = {purpose: _make_authority(scope, purpose, keep) for purpose in AUTHORITIES}
        service_accounts = tls.PrivateKey(
            scope.child(SecretName.SERVICE_ACCOUNTS, "key"),
            # RSA, since AWS reads the issuer's keys as RS256.
            algorithm="RSA",
            rsa_bits=2048,
            opts=keep,
        )
        values = {purpose: authority.secret_value() for purpose, authority in authorities.items()}
        values[SecretName.SERVICE_ACCOUNTS] = pulumi.Output.json_dumps(
            {"private_key": service_accounts.private_key_pem, "public_keys": [service_accounts.public_key_pem]}
        )
        values[SecretName.ENCRYPTION] = _first_encryption_key(scope, keep)
        secrets, self._stored = _store(scope, values, args, keep)
        cluster = authorities[SecretName.CLUSTER_CA]
        self.certificate = cluster.certificate.cert_pem
        self.certificates = pulumi.Output.all(
            **{purpose: authority.certificate.cert_pem for purpose, authority in authorities.items()}
        )
        self.service_account_public_key = service_accounts.public_key_pem
        self.deployer_certificate, self.deployer_private_key = _make_deployer(scope, cluster)
        self.secret_names = pulumi.Output.all(**{purpose: secret.name for purpose, secret in secrets.items()})
        self.secret_arns = pulumi.Output.all(**{purpose: secret.arn for purpose, secret in secrets.items()})
        self.register_outputs(annotated_outputs(self))

    def stored(self) -> list[aws.secretsmanager.SecretVersion]:
        """The first values, for what must come after them."""
        return list(self._stored)


class _Authority:
    def __init__(self, key: tls.PrivateKey, certificate: tls.SelfSignedCert) -> None:
        self.key = key
        self.certificate = certificate

    def secret_value(self) -> pulumi.Output[str]:
        return pulumi.Output.json_dumps(
            {"certificate": self.certificate.cert_pem, "private_key": self.key.private_key_pem}
        )


def _make_authority(scope: ChildFactory, purpose: SecretName, keep: pulumi.ResourceOptions) -> _Authority:
    key = tls.PrivateKey(scope.child(purpose, "key"), algorithm="ECDSA", ecdsa_curve="P256", opts=keep)
    certificate = tls.SelfSignedCert(
        scope.child(purpose, "certificate"),
        private_key_pem=key.private_key_pem,
        subject={"common_name": AUTHORITIES[purpose]},
        is_ca_certificate=True,
        set_subject_key_id=True,
        allowed_uses=["cert_signing", "crl_signing", "digital_signature"],
        validity_period_hours=AUTHORITY_HOURS,
        opts=keep,
    )
    return _Authority(key, certificate)


def _first_encryption_key(scope: ChildFactory, keep: pulumi.ResourceOptions) -> pulumi.Output[str]:
    # Not RandomBytes: its id is its value, and the engine keeps every id in clear.
    seed = random.RandomPassword(scope.child(SecretName.ENCRYPTION, "seed"), length=64, special=False, opts=keep)
    key = seed.result.apply(encryption_key)
    return pulumi.Output.json_dumps({"keys": [{"name": "key-1", "secret": key}]})


def encryption_key(seed: str) -> str:
    """The 32 bytes that secretbox wants, in base64, of a seed with more than 256 bits of chance."""
    return base64.b64encode(hashlib.sha256(seed.encode()).digest()).decode()


def _store(
    scope: ChildFactory,
    values: Mapping[SecretName, pulumi.Output[str]],
    args: CertificateAuthoritiesArgs,
    keep: pulumi.ResourceOptions,
) -> tuple[dict[SecretName, aws.secretsmanager.Secret], list[aws.secretsmanager.SecretVersion]]:
    incarnation = pulumi.Output.from_input(args["incarnation"])
    secrets: dict[SecretName, aws.secretsmanager.Secret] = {}
    versions: list[aws.secretsmanager.SecretVersion] = []
    for purpose, value in values.items():
        secrets[purpose] = secret = aws.secretsmanager.Secret(
            scope.child(purpose),
            name=incarnation.apply(lambda life, purpose=purpose: ClusterPaths(scope.cluster, life).secret(purpose)),
            kms_key_id=args["key_arn"],
            recovery_window_in_days=30,
            tags=scope.tags(purpose, role="secret"),
            opts=keep,
        )
        first_value = aws.secretsmanager.SecretVersion(
            scope.child(purpose, "first-value"),
            secret_id=secret.id,
            secret_string=pulumi.Output.secret(value),
            opts=pulumi.ResourceOptions.merge(keep, pulumi.ResourceOptions(ignore_changes=["secret_string"])),
        )
        versions.append(first_value)
    return secrets, versions


def _make_deployer(scope: ChildFactory, cluster: _Authority) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
    key = tls.PrivateKey(scope.child("deployer", "key"), algorithm="ECDSA", ecdsa_curve="P256", opts=scope.opts())
    request = tls.CertRequest(
        scope.child("deployer", "request"),
        private_key_pem=key.private_key_pem,
        subject={"common_name": DEPLOYER, "organization": DEPLOYER_GROUP},
        opts=scope.opts(),
    )
    certificate = tls.LocallySignedCert(
        scope.child("deployer", "certificate"),
        ca_cert_pem=cluster.certificate.cert_pem,
        ca_private_key_pem=cluster.key.private_key_pem,
        cert_request_pem=request.cert_request_pem,
        allowed_uses=["digital_signature", "key_encipherment", "client_auth"],
        validity_period_hours=LEAF_HOURS,
        early_renewal_hours=RENEW_EARLY_HOURS,
        opts=scope.opts(),
    )
    return certificate.cert_pem, key.private_key_pem
