"""What exists already and is to be used: looked at before anything is made."""

from collections.abc import Iterator

import pulumi

from providers import Providers
from settings import Settings, as_written
from tripod import Problem, look_up_peer, look_up_vpc, peer_vpc_problems, raise_if_any, unfit_vpc


def examine_existing(settings: Settings, providers: Providers) -> None:
    """Look at an adopted VPC and at every database VPC that is attached.

    Raises:
        ConfigurationError: with every reason why they would not do; nothing was made.
    """
    raise_if_any(as_written(problem) for problem in [*_adopted_vpc(settings), *_peers(settings, providers)])


def _adopted_vpc(settings: Settings) -> Iterator[Problem]:
    adopt = settings.network.adopt
    found = look_up_vpc(adopt, pulumi.InvokeOptions()) if adopt else None
    if adopt and found:
        for problem in unfit_vpc(adopt, found, settings.cluster.name):
            yield problem.under("network")


def _peers(settings: Settings, providers: Providers) -> Iterator[Problem]:
    adopted = settings.network.adopt.vpc_id if settings.network.adopt else None
    for position, peer in enumerate(settings.peers):
        if peer.example is None:
            options = pulumi.InvokeOptions(provider=providers.get(peer.name))
            found = look_up_peer(peer, settings.cluster.name, adopted, options)
            for problem in peer_vpc_problems(peer, found) if found else ():
                yield problem.under("peers", position)
