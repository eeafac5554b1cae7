"""Providers of other regions and accounts, with the default provider's endpoints."""

from typing import Any

import pulumi
import pulumi_aws as aws

from tripod.stack.spec import StackSpec

Providers = dict[str, aws.Provider]


def peer_providers(spec: StackSpec) -> Providers:
    """Peer → its provider, of those in another region or account."""
    return {
        peer.name: _aws_provider(f"peer-{peer.name}", peer.region or spec.region, peer.role_arn)
        for peer in spec.peers
        if peer.region not in (None, spec.region) or peer.account_id is not None
    }


def _aws_provider(name: str, region: str, role_arn: str | None) -> aws.Provider:
    """A provider for another region or account.

    Args:
        name: its logical name.
        region: its region.
        role_arn: a role to assume, in another account.
    """
    config = pulumi.Config("aws")
    # A provider of its own reads none of the default one's settings: an emulator's endpoint must be passed on.
    config_values: dict[str, Any] = {
        "endpoints": config.get_object("endpoints"),
        "access_key": config.get("accessKey"),
        "secret_key": config.get("secretKey"),
        "profile": config.get("profile"),
        "s3_use_path_style": config.get_bool("s3UsePathStyle"),
        "skip_credentials_validation": config.get_bool("skipCredentialsValidation"),
        "skip_metadata_api_check": config.get_bool("skipMetadataApiCheck"),
        "skip_requesting_account_id": config.get_bool("skipRequestingAccountId"),
    }
    given = {key: value for key, value in config_values.items() if value is not None}
    assumed = [aws.ProviderAssumeRoleArgs(role_arn=role_arn)] if role_arn else None
    return aws.Provider(name, region=region, assume_roles=assumed, **given)
