"""IAM policies for Route 53: external-dns' records in one zone, and cert-manager's ACME challenges."""

from tripod.core.iam_documents import Document, Statement, policy_document

_NAMES = "route53:ChangeResourceRecordSetsNormalizedRecordNames"
_TYPES = "route53:ChangeResourceRecordSetsRecordTypes"


def records_policy(partition: str, zone_id: str, excluded: tuple[str, ...]) -> Document:
    """Build external-dns' policy.

    Args:
        partition: aws, aws-cn or aws-us-gov.
        zone_id: the one zone that it may change.
        excluded: names that it may not change, nor any name below them.
    """
    conditions: dict[str, dict[str, str | list[str]]] = {
        "ForAllValues:StringEquals": {_TYPES: ["A", "AAAA", "CNAME", "TXT"]}
    }
    if excluded:
        conditions["ForAllValues:StringNotLike"] = {
            _NAMES: [pattern for name in excluded for pattern in (name, f"*.{name}")]
        }
    return policy_document(
        Statement("Zones", ("route53:ListHostedZones",), ("*",)),
        Statement("Read", ("route53:ListResourceRecordSets",), (_zone(partition, zone_id),)),
        Statement("Write", ("route53:ChangeResourceRecordSets",), (_zone(partition, zone_id),), conditions),
    )


def challenges_policy(partition: str, zone_id: str) -> Document:
    """Build cert-manager's policy: TXT records of ACME challenges, and no others.

    Args:
        partition: aws, aws-cn or aws-us-gov.
        zone_id: the one zone that it may change.
    """
    challenges: dict[str, dict[str, str | list[str]]] = {
        "ForAllValues:StringLike": {_NAMES: ["_acme-challenge.*"]},
        "ForAllValues:StringEquals": {_TYPES: ["TXT"]},
    }
    return policy_document(
        Statement("Followed", ("route53:GetChange",), (f"arn:{partition}:route53:::change/*",)),
        Statement("Read", ("route53:ListResourceRecordSets",), (_zone(partition, zone_id),)),
        Statement("Answer", ("route53:ChangeResourceRecordSets",), (_zone(partition, zone_id),), challenges),
    )


def _zone(partition: str, zone_id: str) -> str:
    return f"arn:{partition}:route53:::hostedzone/{zone_id}"
