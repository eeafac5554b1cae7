"""Ways to widen rights and to lose tags."""

import json

from support.account.rehearsed import Copy
from support.faults.finding import bucket, instance, name, plain_tags
from support.faults.noting import breaks


@breaks("instance-rights", "workers may read every secret")
def wider_rights(copy: Copy) -> None:
    statement = {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": ["*"]}
    copy.client("iam").put_role_policy(
        RoleName=name(copy, f"{copy.region}-workers"),
        PolicyName="more",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


@breaks("instance-rights", "workers may pull every image that they find")
def wider_images(copy: Copy) -> None:
    put_images(copy, "workers", ["*"])


def put_images(copy: Copy, role: str, repositories: list[str]) -> None:
    """Give a role the policy of nodes that pull from ECR, as the engine puts it there."""
    pull = ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"]
    statements = [
        {"Sid": "LogIn", "Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": ["*"]},
        {"Sid": "Pull", "Effect": "Allow", "Action": pull, "Resource": repositories},
    ]
    copy.client("iam").put_role_policy(
        RoleName=name(copy, f"{copy.region}-{role}"),
        PolicyName="images",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": statements}),
    )


@breaks("instance-rights", "a managed policy is attached to the members' role")
def attached_policy(copy: Copy) -> None:
    iam = copy.client("iam")
    statement = {"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": ["*"]}
    made = iam.create_policy(
        PolicyName="more", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    )
    iam.attach_role_policy(RoleName=name(copy, f"{copy.region}-etcd"), PolicyArn=made["Policy"]["Arn"])


@breaks("service-account-trust", "a role trusts every service account")
def trust_everybody(copy: Copy) -> None:
    iam = copy.client("iam")
    provider = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"][0]["Arn"]
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": {"StringEquals": {"issuer:aud": "sts.amazonaws.com"}},
    }
    iam.create_role(
        RoleName="anybody",
        Tags=plain_tags(copy),
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
    )


@breaks("issuer-known", "a second issuer is taken for the cluster's")
def second_issuer(copy: Copy) -> None:
    copy.client("iam").create_open_id_connect_provider(
        Url="https://issuer.example.org",
        ClientIDList=["sts.amazonaws.com"],
        Tags=[{"Key": "cluster", "Value": copy.cluster}, {"Key": "tripod:role", "Value": "issuer"}],
    )


@breaks("cost-tags", "an instance loses its owner")
def no_owner(copy: Copy) -> None:
    found = instance(copy, "workers")["InstanceId"]
    copy.ec2.delete_tags(Resources=[found], Tags=[{"Key": "owner"}])


@breaks("cost-tags", "a bucket loses its project")
def no_project(copy: Copy) -> None:
    s3, chosen = copy.client("s3"), bucket(copy, "payload")
    tags = [one for one in s3.get_bucket_tagging(Bucket=chosen)["TagSet"] if one["Key"] != "project"]
    s3.put_bucket_tagging(Bucket=chosen, Tagging={"TagSet": tags})
