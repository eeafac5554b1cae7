"""Actions that commands call in AWS, by purpose.

The provider's calls are those that version 5.100 of the Terraform provider makes, which pulumi-aws bridges: recorded in
front of the emulator (tests/support/rights/provider_calls.json). What AWS checks in a caller's name besides is from the
Service Authorization Reference and the services' guides: passing roles, keys by way of services, service-linked roles,
databases' own secrets, and what launching by a launch template asks of the one who makes the group.
"""


def _of(service: str, names: str) -> tuple[str, ...]:
    """Full names of a service's actions."""
    return tuple(f"{service}:{name}" for name in names.split())


def _verbs(service: str, verb: str, nouns: str) -> tuple[str, ...]:
    """Full names of a service's actions that begin with the same verb."""
    return tuple(f"{service}:{verb}{noun}" for noun in nouns.split())


DESCRIBE = (
    *_verbs(
        "ec2",
        "Describe",
        "AccountAttributes Addresses AddressesAttribute "
        "AvailabilityZones FlowLogs Images Instances InstanceTypeOfferings InstanceTypes "
        "InternetGateways LaunchTemplates LaunchTemplateVersions NatGateways NetworkAcls NetworkInterfaces PrefixLists "
        "RouteTables SecurityGroupRules SecurityGroups Snapshots Subnets Volumes VpcAttribute VpcEndpoints "
        "VpcPeeringConnections Vpcs",
    ),
    "ec2:GetSubnetCidrReservations",
    *_verbs("autoscaling", "Describe", "AutoScalingGroups LifecycleHooks ScalingActivities"),
    *_verbs(
        "elasticloadbalancing",
        "Describe",
        "CapacityReservation ListenerAttributes Listeners LoadBalancerAttributes LoadBalancers Tags "
        "TargetGroupAttributes TargetGroups TargetHealth",
    ),
    *_of("cloudfront", "GetDistribution GetOriginAccessControl ListTagsForResource"),
    *_of("kms", "DescribeKey GetKeyPolicy GetKeyRotationStatus ListAliases ListResourceTags"),
    *_of("logs", "DescribeLogGroups ListTagsForResource"),
    *_of("rds", "DescribeDBInstances DescribeDBSubnetGroups ListTagsForResource"),
    *_of(
        "route53",
        "GetChange GetHealthCheck GetHostedZone ListHostedZones ListResourceRecordSets ListTagsForResource",
    ),
    *_of("servicequotas", "GetAWSDefaultServiceQuota GetServiceQuota"),
    "s3:GetAccountPublicAccessBlock",
    "sts:GetCallerIdentity",
)
"""Reading that concerns no one resource, or resources whose names AWS makes: none of it reads a secret."""

READ_IAM = _of(
    "iam",
    "GetInstanceProfile GetOpenIDConnectProvider GetRole GetRolePolicy ListAttachedRolePolicies "
    "ListInstanceProfilesForRole ListRolePolicies",
)
READ_BUCKETS = (
    *_verbs(
        "s3",
        "Get",
        "AccelerateConfiguration BucketAcl BucketCORS BucketLocation BucketLogging BucketObjectLockConfiguration "
        "BucketOwnershipControls BucketPolicy BucketPublicAccessBlock BucketRequestPayment BucketTagging "
        "BucketVersioning BucketWebsite EncryptionConfiguration LifecycleConfiguration Object ObjectTagging "
        "ReplicationConfiguration",
    ),
    *_of("s3", "ListBucket"),
)
READ_SECRETS = _of("secretsmanager", "DescribeSecret GetResourcePolicy")

MAKE_EC2 = (
    *_of("ec2", "AcceptVpcPeeringConnection AllocateAddress AssociateRouteTable AttachInternetGateway"),
    *_of("ec2", "AuthorizeSecurityGroupEgress AuthorizeSecurityGroupIngress"),
    *_verbs(
        "ec2",
        "Create",
        "FlowLogs InternetGateway LaunchTemplate LaunchTemplateVersion NatGateway NetworkInterface Route RouteTable "
        "SecurityGroup Subnet SubnetCidrReservation Tags Volume Vpc VpcEndpoint VpcPeeringConnection",
    ),
    *_verbs(
        "ec2",
        "Modify",
        "LaunchTemplate NetworkInterfaceAttribute SecurityGroupRules SubnetAttribute Volume VpcAttribute VpcEndpoint "
        "VpcPeeringConnectionOptions",
    ),
    *_of("ec2", "ReplaceRoute ReplaceRouteTableAssociation RunInstances"),
    *_of("ec2", "UpdateSecurityGroupRuleDescriptionsEgress UpdateSecurityGroupRuleDescriptionsIngress"),
)
"""Making and changing. RunInstances is asked of whoever gives a group a launch template; the group's role launches."""

UNDO_EC2 = (
    *_of("ec2", "DeleteRoute DeleteSubnetCidrReservation DeleteTags DetachInternetGateway DetachNetworkInterface"),
    *_of("ec2", "DisassociateAddress DisassociateRouteTable ModifyVpcEndpoint"),
    *_of("ec2", "RevokeSecurityGroupEgress RevokeSecurityGroupIngress"),
)
"""Taking apart: an update does it as a deletion does. The VPC's default group has no tag when its rules are revoked."""

DESTROY_EC2 = (
    *_verbs(
        "ec2",
        "Delete",
        "FlowLogs InternetGateway LaunchTemplate NatGateway NetworkInterface RouteTable SecurityGroup Snapshot Subnet "
        "Volume Vpc VpcEndpoints VpcPeeringConnection",
    ),
    *_of("ec2", "ReleaseAddress TerminateInstances"),
)
"""Destruction, of what bears the cluster's ownership tag."""

MAKE_GROUPS = _of(
    "autoscaling", "CreateAutoScalingGroup CreateOrUpdateTags PutLifecycleHook ResumeProcesses SuspendProcesses"
)
CHANGE_GROUPS = _of(
    "autoscaling",
    "AttachLoadBalancerTargetGroups DeleteAutoScalingGroup DeleteLifecycleHook DeleteTags "
    "DetachLoadBalancerTargetGroups SetInstanceProtection UpdateAutoScalingGroup",
)
MAKE_BALANCERS = _of(
    "elasticloadbalancing",
    "AddTags CreateListener CreateLoadBalancer CreateTargetGroup ModifyListener ModifyListenerAttributes "
    "ModifyTargetGroup ModifyTargetGroupAttributes RemoveTags SetIpAddressType SetSecurityGroups SetSubnets",
)
CHANGE_BALANCERS = _of(
    "elasticloadbalancing", "DeleteListener DeleteLoadBalancer DeleteTargetGroup ModifyLoadBalancerAttributes"
)

MAKE_IAM = _of(
    "iam",
    "AddRoleToInstanceProfile CreateInstanceProfile CreateRole PutRolePolicy TagInstanceProfile TagRole "
    "UntagInstanceProfile UntagRole UpdateAssumeRolePolicy UpdateRole UpdateRoleDescription",
)
DESTROY_IAM = _of(
    "iam",
    "DeleteInstanceProfile DeleteRole DeleteRolePolicy RemoveRoleFromInstanceProfile",
)
MAKE_IDENTITY_PROVIDERS = _of("iam", "CreateOpenIDConnectProvider TagOpenIDConnectProvider")
CHANGE_IDENTITY_PROVIDERS = _of(
    "iam", "TagOpenIDConnectProvider UntagOpenIDConnectProvider UpdateOpenIDConnectProviderThumbprint"
)
DESTROY_IDENTITY_PROVIDERS = _of("iam", "DeleteOpenIDConnectProvider")

MAKE_BUCKETS = (
    *_of("s3", "CreateBucket"),
    *_verbs(
        "s3",
        "Put",
        "BucketOwnershipControls BucketPolicy BucketPublicAccessBlock BucketTagging BucketVersioning "
        "EncryptionConfiguration LifecycleConfiguration Object ObjectTagging",
    ),
)
DESTROY_BUCKETS = (
    *_verbs("s3", "Delete", "Bucket BucketPolicy Object ObjectVersion"),
    *_of("s3", "GetObjectVersion ListBucketVersions PutBucketOwnershipControls PutBucketPublicAccessBlock"),
    *_of("s3", "PutBucketVersioning PutEncryptionConfiguration PutLifecycleConfiguration"),
)
"""The provider takes a bucket's settings back one by one, by the rights to set them."""

MAKE_DISTRIBUTIONS = _of(
    "cloudfront",
    "CreateDistribution CreateOriginAccessControl DeleteOriginAccessControl TagResource UpdateOriginAccessControl",
)
"""IAM takes CreateDistributionWithTags for CreateDistribution and TagResource."""

CHANGE_DISTRIBUTIONS = _of("cloudfront", "UntagResource")
DESTROY_DISTRIBUTIONS = _of("cloudfront", "DeleteDistribution UpdateDistribution")
"""The provider disables a distribution before it deletes it."""

MAKE_SECRETS = _of(
    "secretsmanager",
    "CreateSecret DeleteResourcePolicy GetSecretValue PutResourcePolicy PutSecretValue RestoreSecret TagResource "
    "UntagResource UpdateSecret UpdateSecretVersionStage",
)
DESTROY_SECRETS = _of("secretsmanager", "DeleteResourcePolicy DeleteSecret UpdateSecretVersionStage")

MAKE_LOGS = _of(
    "logs", "AssociateKmsKey CreateLogGroup DeleteRetentionPolicy PutRetentionPolicy TagResource UntagResource"
)
MAKE_DATABASES = _of(
    "rds", "AddTagsToResource CreateDBInstance CreateDBSubnetGroup ModifyDBInstance ModifyDBSubnetGroup"
) + _of("rds", "RebootDBInstance RemoveTagsFromResource")
DESTROY_DATABASES = _of("rds", "AddTagsToResource CreateDBSnapshot DeleteDBInstance DeleteDBSubnetGroup")

MAKE_ZONES = _of(
    "route53",
    "AssociateVPCWithHostedZone ChangeResourceRecordSets ChangeTagsForResource CreateHealthCheck CreateHostedZone "
    "DisassociateVPCFromHostedZone UpdateHealthCheck UpdateHostedZoneComment",
)
DESTROY_ZONES = _of(
    "route53", "ChangeResourceRecordSets ChangeTagsForResource DeleteHealthCheck DeleteHostedZone GetDNSSEC"
)

ADMINISTER_KEYS = _of(
    "kms",
    "CreateAlias DeleteAlias EnableKeyRotation PutKeyPolicy TagResource UntagResource UpdateAlias UpdateKeyDescription",
)
USE_KEYS = _of(
    "kms", "Decrypt DescribeKey Encrypt GenerateDataKey GenerateDataKeyWithoutPlaintext ReEncryptFrom ReEncryptTo"
)
