"""Preflight of a stack: its account, existing resources that it uses, and programs on this machine."""

from collections.abc import Iterator, Mapping

import pulumi
import pulumi_aws as aws

from tripod.compute.offerings import recorded_on
from tripod.control_plane.session_tunnel import missing_programs
from tripod.core.component import runs_in_engine
from tripod.core.problems import Problem, raise_if_any
from tripod.core.sockets import listens
from tripod.database.preflight import look_up_peer, peer_vpc_problems
from tripod.network.adopted import adoption_problems, look_up_vpc
from tripod.stack.account import allowed_account_problems, placeholder_problems, real_account
from tripod.stack.demand import recorded_type_problems, unrecorded_types
from tripod.stack.load import with_file_path
from tripod.stack.public_buckets import public_bucket_problems
from tripod.stack.spec import StackSpec


def check_stack(spec: StackSpec, providers: Mapping[str, aws.Provider], *, uses_api: bool = True) -> None:
    """Check all that a stack needs and does not make itself, before it makes anything.

    In a real account: that it is the stack's own, its quotas, and the instance types that it offers. Everywhere: an
    adopted VPC, and every existing VPC of a peer; they are not looked up by a placeholder.

    Args:
        spec: the stack.
        providers: peer → its provider, of those in another region or account.
        uses_api: true if the add-ons are installed in the stack's own cluster.

    Raises:
        ConfigurationError: every problem at once; no resource was created.
    """
    account = real_account()
    placeholders = list(placeholder_problems(spec, ())) if account else []
    found = [
        *placeholders,
        *(public_bucket_problems(spec, account) if account else ()),
        *(_account_problems(spec, account) if account else _recorded_problems(spec)),
        *(() if placeholders else (*_adopted_vpc(spec), *_peers(spec, providers))),
        *(_access(spec) if uses_api else ()),
    ]
    refused = allowed_account_problems(account) if account else ()
    raise_if_any([*refused, *(with_file_path(problem) for problem in found)])


def _account_problems(spec: StackSpec, account: str) -> Iterator[Problem]:
    # It needs boto3, which a plan does without.
    from tripod.stack.account_preflight import account_problems  # noqa: PLC0415

    return account_problems(spec, account)


def _recorded_problems(spec: StackSpec) -> Iterator[Problem]:
    """Problems that need an account's answer, by the record of a plan or a rehearsal."""
    for name in unrecorded_types(spec):
        pulumi.log.warn(
            f"instance type {name}: its family is not among those recorded on {recorded_on()}. "
            "It is newer, or misspelt; `pulumi preview` and `pulumi up` ask AWS"
        )
    yield from recorded_type_problems(spec)


def _access(spec: StackSpec) -> Iterator[Problem]:
    """Programs that this machine lacks to open the way to the API.

    A preview does without, and a plan or a rehearsal has no API.
    """
    needed = spec.access.mode == "ssm-tunnel" and not listens(spec.access.tunnel_port)
    if needed and not pulumi.runtime.is_dry_run() and runs_in_engine():
        yield from _missing_programs()


def _missing_programs() -> Iterator[Problem]:
    for name in missing_programs():
        yield Problem(
            ("access", "mode"),
            "'ssm-tunnel'",
            f"`{name}` on PATH, to reach the API from this machine",
            "install the AWS CLI and its Session Manager plugin, or use mode in-vpc-runner from a host in the VPC",
        )


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
