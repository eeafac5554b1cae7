"""The commands that act on a running cluster. Each shows what it would do, and does it with `--yes`."""

from tripod.operations.commands.backup import backup, backups
from tripod.operations.commands.cutover import cutover
from tripod.operations.commands.delete import delete
from tripod.operations.commands.restore import restore
from tripod.operations.commands.roll import roll
from tripod.operations.commands.rotate import rotate
from tripod.operations.commands.tunnel import tunnel
from tripod.operations.commands.upgrade import upgrade

OPERATIONS = (roll, upgrade, backup, backups, restore, rotate, tunnel, cutover, delete)
"""Each is a command of `tripod`, in the order of its help."""
