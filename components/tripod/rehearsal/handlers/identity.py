"""IAM, KMS, Secrets Manager and CloudWatch Logs."""

from tripod.rehearsal.handlers.context import ACCOUNT, Context, Created, Handler
from tripod.rehearsal.inputs import Inputs


def _role(context: Context, inputs: Inputs) -> Created:
    made = context.client("iam").create_role(
        RoleName=inputs.need("name"),
        AssumeRolePolicyDocument=inputs.need("assumeRolePolicy"),
        Tags=inputs.tags(),
    )["Role"]
    return made["RoleName"], {"arn": made["Arn"], "name": made["RoleName"]}


def _role_policy(context: Context, inputs: Inputs) -> Created:
    role, name = inputs.need("role"), inputs.need("name")
    context.client("iam").put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=inputs.need("policy"))
    return f"{role}:{name}", {}


def _instance_profile(context: Context, inputs: Inputs) -> Created:
    iam, name = context.client("iam"), inputs.need("name")
    made = iam.create_instance_profile(InstanceProfileName=name, Tags=inputs.tags())["InstanceProfile"]
    iam.add_role_to_instance_profile(InstanceProfileName=name, RoleName=inputs.need("role"))
    return name, {"arn": made["Arn"], "name": name}


def _oidc_provider(context: Context, inputs: Inputs) -> Created:
    made = context.client("iam").create_open_id_connect_provider(
        Url=inputs.need("url"),
        ClientIDList=inputs.need("clientIdLists"),
        ThumbprintList=inputs.take("thumbprintLists", []),
        Tags=inputs.tags(),
    )
    return made["OpenIDConnectProviderArn"], {"arn": made["OpenIDConnectProviderArn"]}


def _key(context: Context, inputs: Inputs) -> Created:
    kms = context.client("kms")
    tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in inputs.tags()]
    made = kms.create_key(Description=inputs.take("description", ""), Policy=inputs.need("policy"), Tags=tags)
    id_ = made["KeyMetadata"]["KeyId"]
    period = inputs.take("rotationPeriodInDays")
    if inputs.take("enableKeyRotation"):
        kms.enable_key_rotation(KeyId=id_, **({"RotationPeriodInDays": period} if period else {}))
    # How long a deletion waits is said when it is asked for.
    inputs.take("deletionWindowInDays")
    return id_, {"keyId": id_, "arn": made["KeyMetadata"]["Arn"]}


def _key_alias(context: Context, inputs: Inputs) -> Created:
    name = inputs.need("name")
    context.client("kms").create_alias(AliasName=name, TargetKeyId=inputs.need("targetKeyId"))
    return name, {"arn": f"arn:aws:kms:{context.region}:{ACCOUNT}:{name}"}


def _secret(context: Context, inputs: Inputs) -> Created:
    made = context.client("secretsmanager").create_secret(
        Name=inputs.need("name"), KmsKeyId=inputs.need("kmsKeyId"), Tags=inputs.tags()
    )
    # How long a deletion waits is said when it is asked for.
    inputs.take("recoveryWindowInDays")
    return made["ARN"], {"arn": made["ARN"]}


def _secret_version(context: Context, inputs: Inputs) -> Created:
    made = context.client("secretsmanager").put_secret_value(
        SecretId=inputs.need("secretId"), SecretString=inputs.need("secretString")
    )
    return f"{made['ARN']}|{made['VersionId']}", {"arn": made["ARN"], "versionId": made["VersionId"]}


def _secret_policy(context: Context, inputs: Inputs) -> Created:
    arn = inputs.need("secretArn")
    context.client("secretsmanager").put_resource_policy(
        SecretId=arn, ResourcePolicy=inputs.need("policy"), BlockPublicPolicy=inputs.take("blockPublicPolicy", False)
    )
    return arn, {}


def _log_group(context: Context, inputs: Inputs) -> Created:
    logs, name = context.client("logs"), inputs.need("name")
    key = inputs.take("kmsKeyId")
    logs.create_log_group(logGroupName=name, tags=inputs.take("tags", {}), **({"kmsKeyId": key} if key else {}))
    days = inputs.take("retentionInDays")
    if days:
        logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    return name, {"arn": f"arn:aws:logs:{context.region}:{ACCOUNT}:log-group:{name}"}


HANDLERS: dict[str, Handler] = {
    "aws:iam/role:Role": _role,
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    "aws:iam/instanceProfile:InstanceProfile": _instance_profile,
    "aws:iam/openIdConnectProvider:OpenIdConnectProvider": _oidc_provider,
    "aws:kms/key:Key": _key,
    "aws:kms/alias:Alias": _key_alias,
    "aws:secretsmanager/secret:Secret": _secret,
    "aws:secretsmanager/secretVersion:SecretVersion": _secret_version,
    "aws:secretsmanager/secretPolicy:SecretPolicy": _secret_policy,
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
}
