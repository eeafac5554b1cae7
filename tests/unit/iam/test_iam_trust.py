from tripod.core.iam_documents import (
    Statement,
    instance_trust,
    policy_document,
    service_account_trust,
    service_trust,
)

ISSUER = "s3.us-west-2.amazonaws.com/demo-issuer"
PROVIDER = f"arn:aws:iam::123456789012:oidc-provider/{ISSUER}"


def test_a_service_account_is_trusted_by_its_name_and_its_tokens_audience() -> None:
    (statement,) = service_account_trust({f"https://{ISSUER}": PROVIDER}, "shop", "orders")["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Federated": PROVIDER},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {
            "StringEquals": {
                f"{ISSUER}:sub": "system:serviceaccount:shop:orders",
                f"{ISSUER}:aud": "sts.amazonaws.com",
            }
        },
    }


def test_while_the_issuer_changes_tokens_of_each_are_trusted_by_the_claims_of_their_own() -> None:
    other = "d111111abcdef8.cloudfront.net"
    arn = f"arn:aws:iam::123456789012:oidc-provider/{other}"
    found = service_account_trust({f"https://{ISSUER}": PROVIDER, f"https://{other}": arn}, "shop", "orders")
    trusted = {one["Principal"]["Federated"]: one["Condition"]["StringEquals"] for one in found["Statement"]}
    assert {arn: sorted(claims) for arn, claims in trusted.items()} == {
        PROVIDER: [f"{ISSUER}:aud", f"{ISSUER}:sub"],
        arn: [f"{other}:aud", f"{other}:sub"],
    }


def test_a_service_acts_for_one_account_alone() -> None:
    (statement,) = service_trust("vpc-flow-logs.amazonaws.com", "123456789012")["Statement"]
    assert statement["Principal"] == {"Service": "vpc-flow-logs.amazonaws.com"}
    assert statement["Condition"] == {"StringEquals": {"aws:SourceAccount": "123456789012"}}


def test_instances_are_trusted_in_every_partition() -> None:
    (statement,) = instance_trust("amazonaws.com.cn")["Statement"]
    assert statement["Principal"] == {"Service": "ec2.amazonaws.com.cn"}
    assert statement["Action"] == "sts:AssumeRole"
    assert "Condition" not in statement


def test_statements_list_their_actions_in_order_so_that_equal_policies_are_equal_texts() -> None:
    one = Statement("Read", ("s3:GetObject", "kms:Decrypt"), ("arn:b", "arn:a"))
    other = Statement("Read", ("kms:Decrypt", "s3:GetObject"), ("arn:b", "arn:a"))
    assert policy_document(one) == policy_document(other)
    assert policy_document(one)["Statement"] == [
        {
            "Sid": "Read",
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "s3:GetObject"],
            "Resource": ["arn:b", "arn:a"],
        }
    ]


def test_all_conditions_of_a_statement_hold_together() -> None:
    conditions = {"StringEquals": {"a": "b"}, "Bool": {"c": "true"}}
    (statement,) = policy_document(Statement("X", ("s3:GetObject",), ("arn:a",), conditions))["Statement"]
    assert statement["Condition"] == conditions
