"""Actions of `tripod cutover`."""

from enum import StrEnum


class Action(StrEnum):
    """An action of `tripod cutover`."""

    STATUS = "status"
    LOWER_TTL = "lower-ttl"
    START = "start"
    ADVANCE = "advance"
    BACK = "back"
    FINISH = "finish"
