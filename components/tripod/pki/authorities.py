"""The component CertificateAuthorities: a cluster's CAs and the keys that its nodes share.

Pulumi creates each secret with its first value and ignores later ones: after that, nodes and
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
"""A leaf certificate is renewed when a third of its validity is left."""

DEPLOYER = "tripod:deployer"
"""The API user of the stack's Pulumi program."""

DEPLOYER_GROUP = "kubeadm:cluster-admins"
"""The group that kubeadm binds to cluster-admin. Not system:masters, whose rights no RBAC change can revoke."""


class CertificateAuthoritiesArgs(OwnedArgs):
    """Arguments of CertificateAuthorities."""

    incarnation: pulumi.Input[str]
    """The cluster incarnation."""
    key_arn: pulumi.Input[str]
    """The KMS key of the secrets."""
    protect: NotRequired[bool]
    """If true, the engine refuses to delete them. Default: true."""


class CertificateAuthorities(pulumi.ComponentResource):
    """Four certificate authorities, the service-account key and the first encryption key, in Secrets Manager.

    Private keys are kept in Secrets Manager and, as secrets, in the stack's state; nowhere else.
    """

    certificate: pulumi.Output[str]
    """The cluster CA's certificate (PEM)."""
    certificates: pulumi.Output[dict[str, str]]
    """Purpose → certificate (PEM) of each authority."""
    service_account_public_key: pulumi.Output[str]
    """The public key of service-account tokens (PEM)."""
    deployer_certificate: pulumi.Output[str]
    """The client certificate of the stack's Pulumi program (PEM)."""
    deployer_private_key: pulumi.Output[str]
    """Its private key (PEM); a secret."""
    secret_names: pulumi.Output[dict[str, str]]
    """Purpose → name in Secrets Manager."""
    secret_arns: pulumi.Output[dict[str, str]]
    """Purpose → ARN."""

    def __init__(self, name: str, args: CertificateAuthoritiesArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec_of(Spec, args, CertificateAuthoritiesArgs)
        super().__init__("tripod:index:CertificateAuthorities", name, recorded_inputs(args), opts)
        children = ChildFactory.of(name, self, args)
        retained = children.retained_opts(args.get("protect", True))
        authorities = {purpose: _make_authority(children, purpose, retained) for purpose in AUTHORITIES}
        service_accounts = tls.PrivateKey(
            children.logical_name(SecretName.SERVICE_ACCOUNTS, "key"),
            # RSA: AWS accepts the issuer's tokens only with RS256.
            algorithm="RSA",
            rsa_bits=2048,
            opts=retained,
        )
        values = {purpose: authority.secret_value() for purpose, authority in authorities.items()}
        values[SecretName.SERVICE_ACCOUNTS] = pulumi.Output.json_dumps(
            {"private_key": service_accounts.private_key_pem, "public_keys": [service_accounts.public_key_pem]}
        )
        values[SecretName.ENCRYPTION] = _first_encryption_key(children, retained)
        secrets, self._first_values = _store(children, values, args, retained)
        cluster = authorities[SecretName.CLUSTER_CA]
        self.certificate = cluster.certificate.cert_pem
        self.certificates = pulumi.Output.all(
            **{purpose: authority.certificate.cert_pem for purpose, authority in authorities.items()}
        )
        self.service_account_public_key = service_accounts.public_key_pem
        self.deployer_certificate, self.deployer_private_key = _make_deployer(children, cluster)
        self.secret_names = pulumi.Output.all(**{purpose: secret.name for purpose, secret in secrets.items()})
        self.secret_arns = pulumi.Output.all(**{purpose: secret.arn for purpose, secret in secrets.items()})
        self.register_outputs(annotated_outputs(self))

    def first_values(self) -> list[aws.secretsmanager.SecretVersion]:
        """The first values, for resources that must depend on them."""
        return list(self._first_values)


class _Authority:
    def __init__(self, key: tls.PrivateKey, certificate: tls.SelfSignedCert) -> None:
        self.key = key
        self.certificate = certificate

    def secret_value(self) -> pulumi.Output[str]:
        return pulumi.Output.json_dumps(
            {"certificate": self.certificate.cert_pem, "private_key": self.key.private_key_pem}
        )


def _make_authority(children: ChildFactory, purpose: SecretName, retained: pulumi.ResourceOptions) -> _Authority:
    key = tls.PrivateKey(children.logical_name(purpose, "key"), algorithm="ECDSA", ecdsa_curve="P256", opts=retained)
    certificate = tls.SelfSignedCert(
        children.logical_name(purpose, "certificate"),
        private_key_pem=key.private_key_pem,
        subject={"common_name": AUTHORITIES[purpose]},
        is_ca_certificate=True,
        set_subject_key_id=True,
        allowed_uses=["cert_signing", "crl_signing", "digital_signature"],
        validity_period_hours=AUTHORITY_HOURS,
        opts=retained,
    )
    return _Authority(key, certificate)


def _first_encryption_key(children: ChildFactory, retained: pulumi.ResourceOptions) -> pulumi.Output[str]:
    # Not RandomBytes: its id is its value, and the engine keeps every id in clear.
    seed = random.RandomPassword(
        children.logical_name(SecretName.ENCRYPTION, "seed"), length=64, special=False, opts=retained
    )
    key = seed.result.apply(encryption_key)
    return pulumi.Output.json_dumps({"keys": [{"name": "key-1", "secret": key}]})


def encryption_key(seed: str) -> str:
    """Derive a secretbox key (32 bytes, base64) from a seed with more than 256 bits of entropy."""
    return base64.b64encode(hashlib.sha256(seed.encode()).digest()).decode()


def _store(
    children: ChildFactory,
    values: Mapping[SecretName, pulumi.Output[str]],
    args: CertificateAuthoritiesArgs,
    retained: pulumi.ResourceOptions,
) -> tuple[dict[SecretName, aws.secretsmanager.Secret], list[aws.secretsmanager.SecretVersion]]:
    incarnation = pulumi.Output.from_input(args["incarnation"])
    secrets: dict[SecretName, aws.secretsmanager.Secret] = {}
    versions: list[aws.secretsmanager.SecretVersion] = []
    for purpose, value in values.items():
        secrets[purpose] = secret = aws.secretsmanager.Secret(
            children.logical_name(purpose),
            name=incarnation.apply(lambda id_, purpose=purpose: ClusterPaths(children.cluster, id_).secret(purpose)),
            kms_key_id=args["key_arn"],
            recovery_window_in_days=30,
            tags=children.tags(purpose, role="secret"),
            opts=retained,
        )
        first_value = aws.secretsmanager.SecretVersion(
            children.logical_name(purpose, "first-value"),
            secret_id=secret.id,
            secret_string=pulumi.Output.secret(value),
            opts=pulumi.ResourceOptions.merge(retained, pulumi.ResourceOptions(ignore_changes=["secret_string"])),
        )
        versions.append(first_value)
    return secrets, versions


def _make_deployer(children: ChildFactory, cluster: _Authority) -> tuple[pulumi.Output[str], pulumi.Output[str]]:
    key = tls.PrivateKey(
        children.logical_name("deployer", "key"), algorithm="ECDSA", ecdsa_curve="P256", opts=children.opts()
    )
    request = tls.CertRequest(
        children.logical_name("deployer", "request"),
        private_key_pem=key.private_key_pem,
        subject={"common_name": DEPLOYER, "organization": DEPLOYER_GROUP},
        opts=children.opts(),
    )
    certificate = tls.LocallySignedCert(
        children.logical_name("deployer", "certificate"),
        ca_cert_pem=cluster.certificate.cert_pem,
        ca_private_key_pem=cluster.key.private_key_pem,
        cert_request_pem=request.cert_request_pem,
        allowed_uses=["digital_signature", "key_encipherment", "client_auth"],
        validity_period_hours=LEAF_HOURS,
        early_renewal_hours=RENEW_EARLY_HOURS,
        opts=children.opts(),
    )
    return certificate.cert_pem, key.private_key_pem
