"""Run of an encryption key's rotation: the secret, the API servers, the rewrite."""

import json
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from botocore.exceptions import ClientError

from tripod.bootstrap.agent.control_plane.encryption_config import key_names
from tripod.bootstrap.agent.core.errors import AgentError
from tripod.bootstrap.agent.core.retry import RetryPolicy
from tripod.core.json_types import JsonMapping, JsonObject
from tripod.operations.backup.keys import RetiredKey
from tripod.operations.errors import OperationError, RefusedError
from tripod.operations.remote import Remote, RemoteError, ask
from tripod.operations.rotate.plan import (
    BackUp,
    Done,
    Drop,
    Keys,
    Move,
    Reload,
    Rewrite,
    Rewritten,
    RotationState,
    description,
    goal_of,
    key_refusals,
    next_move,
    servers_behind,
)
from tripod.operations.rotate.secret_value import changed_keys, config_hash, retired_keys
from tripod.operations.waiting import Log, NotYetError, await_result, retry_transient
from tripod.stack.aws_clients import Boto3Client

ENCRYPTION_STATUS = "encryption-status"
"""The agent's command on a control-plane node: the hash that its API server's reload metric shows."""

REFRESH_ENCRYPTION = "refresh-encryption"
"""The agent's command on a control-plane node: fetch the secret now, and not when the timer comes."""

REWRITE_SECRETS = "rewrite-secrets"
"""The agent's command on a control-plane node: write every Secret anew, and count."""

REWRITE_SECONDS = 3600

FIRST_VALUE = "tripod-first-value"
"""The label of the version that the engine wrote.

AWS removes versions without a label. The engine, which would miss its own at the next refresh, would write it anew: the
first key would be back, and whatever newer keys encrypted could not be read.
"""


@dataclass(frozen=True)
class SecretValue:
    """The cluster's encryption secret.

    Attributes:
        value: its value.
        version: the id of that version.
    """

    value: JsonMapping
    version: str

    @property
    def keys(self) -> Keys:
        """The names of its keys in use.

        Raises:
            OperationError: it holds no usable list of keys.
        """
        try:
            return key_names(self.value)
        except AgentError as error:
            raise OperationError(str(error)) from error

    @property
    def retired(self) -> tuple[RetiredKey, ...]:
        """Its retired keys.

        Raises:
            OperationError: one cannot be used.
        """
        return retired_keys(self.value)


@dataclass(frozen=True)
class KeyStore:
    """The encryption secret in Secrets Manager.

    Attributes:
        client: a client of Secrets Manager in the cluster's region.
        name: the secret's name.
    """

    client: Boto3Client
    name: str

    def read(self) -> SecretValue:
        """The secret as it is now."""
        found = self.client.get_secret_value(SecretId=self.name)
        return SecretValue(json.loads(found["SecretString"]), found["VersionId"])

    def write(self, before: SecretValue, value: JsonMapping) -> None:
        """Write the secret, unless another run has changed the same version of it.

        Raises:
            OperationError: another run has.
        """
        self._keep_first(before)
        # One token for one successor of a version: AWS refuses the second that differs.
        token = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{self.name}#{before.version}"))
        try:
            self.client.put_secret_value(SecretId=self.name, SecretString=json.dumps(value), ClientRequestToken=token)
        except ClientError as error:
            if "ResourceExistsException" not in str(error):
                raise
            raise OperationError(
                f"another run rotates {self.name} at this moment: wait until it is done, then look again"
            ) from error

    def _keep_first(self, present: SecretValue) -> None:
        """Label the present version where none is labelled yet: before the first rotation it is the engine's."""
        versions: Mapping[str, list[str]] = self.client.describe_secret(SecretId=self.name)["VersionIdsToStages"]
        if not any(FIRST_VALUE in stages for stages in versions.values()):
            self.client.update_secret_version_stage(
                SecretId=self.name, VersionStage=FIRST_VALUE, MoveToVersionId=present.version
            )


class Backups(Protocol):
    """Snapshots of a cluster, as a rotation needs them."""

    def take(self) -> Keys | None:
        """Take one now, and return the names of its keys; None if its member's release does not record them."""
        ...

    def expired(self, retired: Sequence[RetiredKey]) -> Keys:
        """The retired keys that no snapshot needs any more."""
        ...


@dataclass(frozen=True)
class Rotator:
    """Carries a rotation out.

    Attributes:
        store: the encryption secret.
        remote: reaches the nodes.
        servers: finds the control-plane nodes that there are at the moment, those that still boot among them.
        backups: the cluster's snapshots.
        retry_policy: limits of the wait for servers that load keys.
        log: takes lines of progress.
        compromised: if true, every key that there is goes for good.
    """

    store: KeyStore
    remote: Remote
    servers: Callable[[], list[str]]
    backups: Backups
    retry_policy: RetryPolicy
    log: Log
    compromised: bool = False

    def rotate(self) -> Keys:
        """Rotate the key, or finish a rotation that was interrupted, and return the keys that are left.

        Raises:
            RefusedError: the keys that there are cannot be understood; nothing was changed.
            OperationError: it stopped. Every Secret is readable; the same command goes on.
        """
        secret = self.store.read()
        refusals = key_refusals(secret.keys)
        if refusals:
            raise RefusedError(refusals)
        goal, destroyed = self.aim(secret)
        rewritten, backed_up = None, False
        while True:
            secret = self.store.read()
            state = RotationState(secret.keys, goal, self.behind(secret), rewritten, backed_up, destroyed)
            move = next_move(state)
            self.log(description(move, secret.keys))
            match move:
                case Done():
                    return secret.keys
                case Reload():
                    self._await_reload()
                case Rewrite():
                    rewritten = self._rewrite(secret)
                case BackUp():
                    self._back_up(goal)
                    backed_up = True
                case _:
                    self._change(secret, move)

    def aim(self, secret: SecretValue) -> tuple[str, Keys]:
        """The key that a rotation is for, and the keys that the secret loses with it.

        Raises:
            OperationError: a retired key cannot be used.
        """
        retired = tuple(key.name for key in secret.retired)
        goal = goal_of(secret.keys, retired, compromised=self.compromised)
        return goal, (*secret.keys, *retired) if self.compromised else self.backups.expired(secret.retired)

    def behind(self, secret: SecretValue) -> tuple[str, ...]:
        """The servers that have not loaded the secret's keys.

        Raises:
            OperationError: there is no server, or the secret cannot be used.
        """
        servers = self.servers()
        if not servers:
            raise OperationError("there is no control-plane node: the keys that it has loaded cannot be read")
        try:
            return servers_behind(config_hash(secret.value), {server: self._loaded(server) for server in servers})
        except AgentError as error:
            raise OperationError(str(error)) from error

    def _loaded(self, server: str) -> str | None:
        """The hash of the keys that a server has loaded; None if it does not answer."""
        try:
            found = ask(self.remote, server, ENCRYPTION_STATUS).get("loaded")
        except RemoteError:
            return None
        return found if isinstance(found, str) else None

    def _change(self, secret: SecretValue, move: Move) -> None:
        self.store.write(secret, changed_keys(secret.value, move, datetime.now(UTC)))
        if self.compromised and isinstance(move, Drop):
            # Secrets Manager keeps the value before as AWSPREVIOUS: that is to be this one too.
            present = self.store.read()
            self.store.write(present, present.value)

    def _back_up(self, goal: str) -> None:
        needed = self.backups.take()
        if needed is not None and not {*needed} <= {goal}:
            raise OperationError(
                f"the backup needs {', '.join(needed)} still: no key was dropped. The same command goes on"
            )

    def _await_reload(self) -> None:
        for server in self.servers():
            try:
                ask(self.remote, server, REFRESH_ENCRYPTION)
            except RemoteError as error:
                # Its timer will do it; whether it has is what is waited for.
                self.log(str(error))

        def check() -> None:
            behind = self.behind(self.store.read())
            if behind:
                raise NotYetError(f"{', '.join(behind)} not yet")

        hint = (
            "No key was dropped, and every Secret is readable. See `journalctl -u kubelet` and the API server's log "
            "there; then the same command goes on"
        )
        subject = "every API server's reload of the keys"
        await_result(subject, retry_transient(check), self.retry_policy, self.log, hint)

    def _rewrite(self, secret: SecretValue) -> Rewritten:
        first = secret.keys[0]
        answer = rewrite_on_any(self.remote, self.servers(), first)
        try:
            found = Rewritten(int(answer["found"]), int(answer["written"]), int(answer["others"]))
        except (KeyError, TypeError, ValueError) as error:
            raise OperationError(f"`{REWRITE_SECRETS}` counted nothing ({error!r}): no key was dropped") from error
        self.log(f"{found.written} of {found.found} Secrets written anew, {found.others} still need another key")
        if not found.whole:
            raise OperationError(
                f"{found.found - found.written} of {found.found} Secrets could not be written anew, and {found.others} "
                "still need another key: no key was dropped. See the agent's log on the node; the same command goes on"
            )
        return found


def rewrite_on_any(remote: Remote, servers: list[str], first: str) -> JsonObject:
    """Have one of the servers rewrite all Secrets.

    Raises:
        RemoteError: none does.
    """
    # A server that is silent is passed over before the long command is given to one.
    for server in servers:
        try:
            ask(remote, server, ENCRYPTION_STATUS)
        except RemoteError:
            continue
        return ask(remote, server, REWRITE_SECRETS, {"key": first}, REWRITE_SECONDS)
    raise RemoteError(f"none of {', '.join(servers)} answers: no Secret was written anew")
