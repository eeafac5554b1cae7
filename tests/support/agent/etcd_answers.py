"""etcd, systemd and a disk that a test says the answers of."""

import json
from typing import Any

from support.agent.instance import DOCUMENT, MEMBERS, FakeInstance, Reply, failed
from tripod.bootstrap.agent.host.filesystem import LABEL

PARAMETER = DOCUMENT.initialised_parameter
CLIENTS = {name: f"https://{address}:2379" for name, address in MEMBERS.items()}


def listed(member: str, number: int, **more: Any) -> dict[str, Any]:
    """A member, as etcdctl lists it."""
    address = MEMBERS[member]
    known = {"ID": number, "name": member, "peerURLs": [f"https://{address}:2380"], "clientURLs": [CLIENTS[member]]}
    return {**known, **more}


ALL = [listed(name, number) for number, name in enumerate(MEMBERS, 0xA0)]


def members(*entries: dict[str, Any]) -> str:
    return json.dumps({"header": {}, "members": list(entries)})


def status(number: int, *, learner: bool = False, database: int = 0) -> str:
    said = {"header": {"member_id": number}, "leader": 0xA1, "isLearner": learner, "dbSize": database}
    return json.dumps([{"Status": said}])


def etcdctl(**replies: Reply) -> dict[str, Reply]:
    """What etcdctl answers: the command, with underscores → the answer."""

    def reply(*command: str) -> str:
        line = " ".join(command)
        for name, answer in replies.items():
            if f" {name.replace('_', ' ')}" in line:
                if isinstance(answer, Exception):
                    raise answer
                return answer if isinstance(answer, str) else answer(*command)
        raise AssertionError(f"nobody said what `{line}` answers")

    return {"etcdctl": reply}


def asked(on: FakeInstance, what: str) -> list[str]:
    """The questions to etcd that begin so."""
    questions = [command.partition("--write-out=json ")[2] for command in on.machine.ran("etcdctl")]
    return [question for question in questions if question.startswith(what)]


QUIET: dict[str, Reply] = {"systemctl": "", "chown": ""}
BLANK: dict[str, Reply] = {"wipefs": "", "mkfs.ext4": "", "blkid": f"UUID=12-34\nLABEL={LABEL}\nTYPE=ext4\n"}
FORMATTED: dict[str, Reply] = {**BLANK, "wipefs": "ext4\n"}
NOBODY = failed("Error: context deadline exceeded")
