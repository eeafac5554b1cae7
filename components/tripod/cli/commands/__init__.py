"""The commands that act on a running cluster. Each shows its plan, and carries it out with `--yes`."""

from tripod.cli.commands.backup import backup, backups
from tripod.cli.commands.cutover import cutover
from tripod.cli.commands.delete import delete
from tripod.cli.commands.etcd import etcd
from tripod.cli.commands.image import image
from tripod.cli.commands.kubeconfig import kubeconfig
from tripod.cli.commands.mirror import mirror
from tripod.cli.commands.restore import restore
from tripod.cli.commands.rights import rights
from tripod.cli.commands.roll import roll
from tripod.cli.commands.rotate import rotate
from tripod.cli.commands.sweep import sweep
from tripod.cli.commands.tunnel import tunnel
from tripod.cli.commands.upgrade import upgrade

OPERATIONS = (
    *(roll, upgrade, image, mirror, backup, backups, restore, etcd, rotate),
    *(sweep, tunnel, kubeconfig, cutover, delete, rights),
)
"""Each is a command of `tripod`, in the order of its help."""
