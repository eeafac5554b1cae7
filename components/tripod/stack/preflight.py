"""Preflight of existing resources that a stack uses: an adopted VPC, and VPCs with databases."""

from collections.abc import Iterator, Mapping

import pulumi
import pulumi_aws as aws

from tripod.control_plane.session_tunnel import missing_programs
from tripod.core.component import runs_in_engine
from tripod.core.problems import Problem, raise_if_any
from tripod.core.sockets import listens
from tripod.database.preflight import look_up_peer, peer_vpc_problems
from tripod.network.adopted import adoption_problems, look_up_vpc
from tripod.stack.account import allowed_account_problems, placeholder_problems, real_account
from tripod.stack.load import with_file_path
from tripod.stack.public_buckets import public_bucket_problems
from tripod.stack.spec import StackSpec


def check_existing(spec: StackSpec, providers: Mapping[str, aws.Provider]) -> None:
    """Check an adopted VPC, and every existing VPC of a peer; in a real account, first the settings themselves.

    Args:
        spec: the stack.
        providers: peer → its provider, of those in another region or account.

    Raises:
        ConfigurationError: they cannot be used, with every reason; no resource was created.
    """
    raise_if_any(_account(spec))
    raise_if_any(with_file_path(problem) for problem in [*_adopted_vpc(spec), *_peers(spec, providers)])


def check_access(spec: StackSpec) -> None:
    """Check that this machine can open the way to the API, before an update makes anything.

    A preview does without, and a plan or a rehearsal has no API.

    Raises:
        ConfigurationError: a program that the tunnel needs is not on PATH.
    """
    needed = spec.access.mode == "ssm-tunnel" and not listens(spec.access.tunnel_port)
    if needed and not pulumi.runtime.is_dry_run() and runs_in_engine():
        raise_if_any(with_file_path(problem) for problem in _missing_programs())


def _missing_programs() -> Iterator[Problem]:
    for name in missing_programs():
        yield Problem(
            ("access", "mode"),
            "'ssm-tunnel'",
            f"`{name}` on PATH, to reach the API from this machine",
            "install the AWS CLI and its Session Manager plugin, or use mode in-vpc-runner from a host in the VPC",
        )


def _account(spec: StackSpec) -> Iterator[Problem]:
    """Problems of a real account, before AWS is asked for a placeholder."""
    account = real_account()
    if account is not None:
        yield from allowed_account_problems(account)
        yield from (with_file_path(problem) for problem in placeholder_problems(spec, ()))
        yield from (with_file_path(problem) for problem in public_bucket_problems(spec, account))


def _adopted_vpc(spec: StackSpec) -> Iterator[Problem]:
    adopt = spec.network.adopt
    found = look_up_vpc(adopt, pulumi.InvokeOptions()) if adopt else None
    if adopt and found:
        for problem in adoption_problems(adopt, found, spec.cluster.name):
            yield problem.under("network")


def _peers(spec: StackSpec, providers: Mapping[str, aws.Provider]) -> Iterator[Problem]:
    adopted = spec.network.adopt.vpc_id if spec.network.adopt else None
    for position, peer in enumerate(spec.peers):
        if peer.example is None:
            options = pulumi.InvokeOptions(provider=providers.get(peer.name))
            found = look_up_peer(peer, spec.cluster.name, adopted, options)
            for problem in peer_vpc_problems(peer, found) if found else ():
                yield problem.under("peers", position)
