"""Role etcd: one member, on a replaceable instance."""

from ..core.phases import Phase
from ..host.units import Timer, install_timer
from ..instance.context import Agent
from ..instance.downloads import Binary, install_binary
from ..instance.packages import install_packages
from .certificate_renewal import renew_member_now
from .maintenance import defragment, disarm
from .member import decide_membership, issue_certificate, make_user, mark_initialised, promote, renew, start
from .operator_stop import start_etcd, stop_etcd
from .restore import restore
from .snapshots import snapshot
from .status import status

PACKAGES = ("ca-certificates", "e2fsprogs", "openssl", "python3-boto3")
BINARY = Binary("etcd", ("*/etcd", "*/etcdctl", "*/etcdutl"))

DAY = 24 * 60


def timers(snapshot_minutes: int) -> tuple[Timer, ...]:
    """Timers of a member."""
    return (
        Timer("snapshot", "a snapshot of etcd into the snapshots' bucket", snapshot_minutes),
        Timer("renew", "renew this member's certificate in time", DAY, spread=60),
    )


def _timers(agent: Agent) -> str:
    installed = timers(agent.config.etcd.snapshots.minutes)
    for timer in installed:
        install_timer(agent.host, timer)
    return ", ".join(f"{timer.command} every {timer.minutes} minutes" for timer in installed)


PHASES = (
    Phase[Agent](
        "packages", "install packages of the operating system", lambda agent: install_packages(agent, PACKAGES)
    ),
    Phase[Agent]("binaries", "install etcd, etcdctl and etcdutl", lambda agent: install_binary(agent, BINARY)),
    Phase[Agent]("user", "make the user that etcd runs as", make_user),
    Phase[Agent]("certificate", "have the member's certificate signed", issue_certificate),
    Phase[Agent]("membership", "attach the volume, decide how to start, prepare it", decide_membership),
    Phase[Agent]("start", "start etcd and wait until it answers", start),
    Phase[Agent]("vote", "promote a learner as soon as it is in sync", promote),
    Phase[Agent]("initialised", "wait for a majority, and write down once that there was one", mark_initialised),
    Phase[Agent]("timers", "take snapshots and renew the certificate from now on", _timers),
)

COMMANDS = {
    "snapshot": snapshot,
    "renew": renew,
    "status": status,
    "stop-etcd": stop_etcd,
    "restore": restore,
    "start-etcd": start_etcd,
    "renew-now": renew_member_now,
    "defragment": defragment,
    "disarm": disarm,
}
