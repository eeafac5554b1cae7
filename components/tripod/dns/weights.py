"""Weights of the two sides of a cut-over: steps up, and one step back."""

from collections.abc import Sequence
from dataclasses import dataclass

ALL = 100
"""The sum of both weights, so that a weight is a percentage."""


@dataclass(frozen=True)
class Weights:
    """The weights of both sides.

    Attributes:
        old: the old side's weight.
        new: the new side's weight.
    """

    old: int
    new: int

    @property
    def share(self) -> int | None:
        """The new side's share in percent, from 1 to 99 if both have weight; None if neither has.

        Route 53 would then distribute evenly, which is never intended.
        """
        total = self.old + self.new
        if total == 0:
            return None
        if 0 in (self.old, self.new):
            return ALL if self.new else 0
        return min(max(round(ALL * self.new / total), 1), ALL - 1)


def weights_at(share: int) -> Weights:
    """Compute the weights that give the new side a share.

    Args:
        share: percent, 0 to 100.

    Raises:
        ValueError: it is out of range.
    """
    if not 0 <= share <= ALL:
        raise ValueError(f"a share of {share} %")
    return Weights(ALL - share, share)


BACK = weights_at(0)
"""All traffic to the old side, from any share."""


def next_share(steps: Sequence[int], share: int) -> int | None:
    """Return the share after the next step; None if the new side has all traffic.

    Args:
        steps: the shares, rising.
        share: the current share, not necessarily one of them.
    """
    return next((step for step in steps if step > share), None)
