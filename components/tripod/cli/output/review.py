"""Summary of a preview for reviewers: replacements and deletions first, names of inputs, and never a value."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from tripod.core.json_types import JsonMapping, JsonObject
from tripod.core.text import count_of
from tripod.stack.project import ProjectError

_REPLACED = ("replace", "create-replacement", "delete-replaced", "import-replacement")
_DELETED = ("delete", "discard")
_CHANGED = ("update",)
_CREATED = ("create", "import")
_ISSUER = "aws:iam/openIdConnectProvider:OpenIdConnectProvider"
_CARRIES = (
    "aws:autoscaling/group:Group",
    "aws:cloudfront/distribution:Distribution",
    "aws:ebs/volume:Volume",
    "aws:ec2/networkInterface:NetworkInterface",
    "aws:ec2/subnet:Subnet",
    "aws:ec2/vpc:Vpc",
    _ISSUER,
    "aws:kms/key:Key",
    "aws:lb/loadBalancer:LoadBalancer",
    "aws:rds/instance:Instance",
    "aws:s3/bucket:Bucket",
    "aws:secretsmanager/secret:Secret",
    "random:index/randomId:RandomId",
    "random:index/randomPassword:RandomPassword",
    "tls:index/privateKey:PrivateKey",
    "tls:index/selfSignedCert:SelfSignedCert",
)
"""Types that the cluster depends on: its data, their keys, incarnation and authorities, its nodes and network."""


@dataclass(frozen=True)
class PreviewStep:
    """A change of one resource.

    Attributes:
        urn: its URN.
        what: replaced, deleted, changed or created.
        inputs: the names of the inputs that cause it.
        guarded: true if it may be replaced or deleted only where `--allow` names it.
    """

    urn: str
    what: str
    inputs: tuple[str, ...] = ()
    guarded: bool = False

    @property
    def type(self) -> str:
        """Its type, without those of its ancestors."""
        return self.urn.split("::")[2].rpartition("$")[2]

    @property
    def name(self) -> str:
        """Its logical name."""
        return self.urn.rpartition("::")[2]


@dataclass(frozen=True)
class Review:
    """The changes of a preview.

    Attributes:
        steps: changes of resources, losses first.
        unchanged: the number of unchanged resources.
    """

    steps: tuple[PreviewStep, ...]
    unchanged: int

    def of(self, what: str) -> list[PreviewStep]:
        """The steps of a kind."""
        return [step for step in self.steps if step.what == what]

    def lost(self, allowed: Sequence[str] = ()) -> list[PreviewStep]:
        """The guarded resources that would be replaced or deleted, except those allowed by URN or name."""
        return [
            step
            for step in self.steps
            if step.guarded and step.what in ("replaced", "deleted") and not {step.urn, step.name} & {*allowed}
        ]


def preview_file(file: Path) -> JsonObject:
    """Read the file of a preview.

    Raises:
        ProjectError: it cannot be read, or holds no preview.
    """
    try:
        found: object = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        raise ProjectError(f"{file}: {error}") from error
    if not isinstance(found, dict) or "steps" not in found:
        raise ProjectError(f"{file} is not what `pulumi preview --json` writes: it has no steps")
    return cast("JsonObject", found)


def read_preview(preview: JsonMapping) -> Review:
    """Read what `pulumi preview --json` writes."""
    found: dict[str, PreviewStep] = {}
    for step in preview["steps"]:
        what = _what(step["op"])
        if what is None:
            continue
        before = found.get(step["urn"])
        # A replacement is three steps of one resource.
        if before is None or before.what != "replaced":
            found[step["urn"]] = _step(step, what)
    order = ("replaced", "deleted", "changed", "created")
    steps = sorted(found.values(), key=lambda step: (order.index(step.what), not step.guarded, step.urn))
    # The engine writes no step for what stays as it is.
    return Review(tuple(steps), preview.get("changeSummary", {}).get("same", 0))


def _what(operation: str) -> str | None:
    kinds = {"replaced": _REPLACED, "deleted": _DELETED, "changed": _CHANGED, "created": _CREATED}
    return next((what for what, operations in kinds.items() if operation in operations), None)


def _step(step: JsonMapping, what: str) -> PreviewStep:
    old: JsonMapping = step.get("oldState") or {}
    reasons: list[str] | None = step.get("replaceReasons" if what == "replaced" else "diffReasons")
    made = PreviewStep(step["urn"], what, tuple(sorted(reasons or [])))
    keeps = bool(old.get("protect") or old.get("retainOnDelete") or made.type in _CARRIES)
    return PreviewStep(made.urn, made.what, made.inputs, keeps)


def review_text(review: Review, title: str, allowed: Sequence[str] = ()) -> str:
    """A comment for a pull request, in Markdown.

    Args:
        review: the changes.
        title: its heading.
        allowed: URNs or names of resources that may be lost.
    """
    return "\n".join([f"### {title}", "", _summary(review), *_lost(review, allowed), *_listed(review)]) + "\n"


def _summary(review: Review) -> str:
    counts = {what: len(review.of(what)) for what in ("replaced", "deleted", "changed", "created")}
    counts_text = [f"**{count} {what}**" for what, count in counts.items() if count]
    return f"{', '.join(counts_text) or 'Nothing changes'}; {count_of(review.unchanged, 'resource')} unchanged."


def _lost(review: Review, allowed: Sequence[str]) -> Iterator[str]:
    lost = review.lost(allowed)
    if lost:
        yield ""
        yield f"> :rotating_light: {count_of(len(lost), 'resource')} that the cluster depends on would be lost:"
        for step in lost:
            yield f"> `{step.name}` ({step.type}) is {step.what}"
    yield from _issuer(review)


def _issuer(review: Review) -> Iterator[str]:
    """The consequences of another issuer, which the steps of a preview show apart from their cause."""
    changed = [step for step in review.steps if step.type == _ISSUER and step.what != "changed"]
    if any(step.what != "created" for step in changed) or (changed and review.of("changed")):
        yield ""
        yield (
            f"> :warning: The issuers of service-account tokens change ({', '.join(step.name for step in changed)}): "
            "IAM's identity provider, the trust of every role for a service account, and all control-plane nodes. "
            "Tokens of an issuer that goes are refused at once, by AWS and by the API: see 'Changing the issuer' in "
            "docs/operations.md"
        )


def _listed(review: Review) -> Iterator[str]:
    rows = [step for step in review.steps if step.what != "created"]
    if rows:
        yield from ("", "| | resource | type | because of |", "| --- | --- | --- | --- |")
        for step in rows:
            because = ", ".join(f"`{name}`" for name in step.inputs)
            yield f"| {step.what} | `{step.name}` | {step.type} | {because} |"
    created = Counter(step.type for step in review.of("created"))
    if created:
        yield from ("", "| created | type |", "| ---: | --- |")
        for type_, count in sorted(created.items()):
            yield f"| {count} | {type_} |"


def review_json(review: Review, allowed: Sequence[str] = ()) -> dict[str, object]:
    """The review as data."""
    return {
        "steps": [
            {"urn": step.urn, "what": step.what, "inputs": list(step.inputs), "guarded": step.guarded}
            for step in review.steps
        ],
        "lost": [step.urn for step in review.lost(allowed)],
        "unchanged": review.unchanged,
    }
