"""Load balancers and databases."""

from tripod.rehearsal.handlers.context import Context, Created, Handler
from tripod.rehearsal.inputs import Inputs


def _attribute_value(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _attributes(inputs: Inputs, names: dict[str, str]) -> list[dict[str, str]]:
    """Inputs that ELB keeps as attributes: input → attribute."""
    values = {attribute: inputs.take(name) for name, attribute in names.items()}
    return [{"Key": key, "Value": _attribute_value(value)} for key, value in values.items() if value is not None]


def _load_balancer(context: Context, inputs: Inputs) -> Created:
    elb = context.client("elbv2")
    made = elb.create_load_balancer(
        Name=inputs.need("name"),
        Type=inputs.need("loadBalancerType"),
        Scheme="internal" if inputs.need("internal") else "internet-facing",
        Subnets=inputs.need("subnets"),
        SecurityGroups=inputs.need("securityGroups"),
        Tags=inputs.tags(),
    )["LoadBalancers"][0]
    arn = made["LoadBalancerArn"]
    attributes = _attributes(
        inputs,
        {
            "enableCrossZoneLoadBalancing": "load_balancing.cross_zone.enabled",
            "enableDeletionProtection": "deletion_protection.enabled",
        },
    )
    elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=attributes)
    return arn, {"arn": arn, "dnsName": made["DNSName"], "zoneId": made["CanonicalHostedZoneId"]}


def _target_group(context: Context, inputs: Inputs) -> Created:
    elb = context.client("elbv2")
    check = inputs.need("healthCheck")
    made = elb.create_target_group(
        **inputs.given("name", "vpcId", "targetType", "protocol", "port"),
        HealthCheckProtocol=check.pop("protocol"),
        HealthCheckPath=check.pop("path"),
        HealthCheckPort=check.pop("port"),
        HealthCheckIntervalSeconds=check.pop("interval"),
        HealthCheckTimeoutSeconds=check.pop("timeout"),
        HealthyThresholdCount=check.pop("healthyThreshold"),
        UnhealthyThresholdCount=check.pop("unhealthyThreshold"),
        Matcher={"HttpCode": check.pop("matcher")},
        Tags=inputs.tags(),
    )["TargetGroups"][0]
    Inputs(f"{inputs.type} healthCheck", check).finish()
    arn = made["TargetGroupArn"]
    attributes = _attributes(
        inputs,
        {
            "preserveClientIp": "preserve_client_ip.enabled",
            "connectionTermination": "deregistration_delay.connection_termination.enabled",
            "deregistrationDelay": "deregistration_delay.timeout_seconds",
        },
    )
    elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=attributes)
    return arn, {"arn": arn}


def _listener(context: Context, inputs: Inputs) -> Created:
    elb = context.client("elbv2")
    actions = [
        {"Type": action["type"], "TargetGroupArn": action["targetGroupArn"]} for action in inputs.need("defaultActions")
    ]
    made = elb.create_listener(
        **inputs.given("loadBalancerArn", "protocol", "port"), DefaultActions=actions, Tags=inputs.tags()
    )["Listeners"][0]
    arn = made["ListenerArn"]
    attributes = _attributes(inputs, {"tcpIdleTimeoutSeconds": "tcp.idle_timeout.seconds"})
    if attributes:
        elb.modify_listener_attributes(ListenerArn=arn, Attributes=attributes)
    return arn, {"arn": arn}


def _subnet_group(context: Context, inputs: Inputs) -> Created:
    name = inputs.need("name")
    context.client("rds").create_db_subnet_group(
        DBSubnetGroupName=name,
        DBSubnetGroupDescription=inputs.need("description"),
        SubnetIds=inputs.need("subnetIds"),
        Tags=inputs.tags(),
    )
    return name, {"name": name}


def _database(context: Context, inputs: Inputs) -> Created:
    identifier, port = inputs.need("identifier"), inputs.need("port")
    made = context.client("rds").create_db_instance(
        DBInstanceIdentifier=identifier,
        DBInstanceClass=inputs.need("instanceClass"),
        DBName=inputs.need("dbName"),
        DBSubnetGroupName=inputs.need("dbSubnetGroupName"),
        MasterUsername=inputs.need("username"),
        Port=port,
        **inputs.given(
            "engine",
            "engineVersion",
            "allocatedStorage",
            "storageType",
            "storageEncrypted",
            "vpcSecurityGroupIds",
            "publiclyAccessible",
            "backupRetentionPeriod",
            "deletionProtection",
            "manageMasterUserPassword",
        ),
        Tags=inputs.tags(),
    )["DBInstance"]
    # The snapshot is taken when the instance goes.
    inputs.take("finalSnapshotIdentifier")
    address = made["Endpoint"]["Address"]
    secret = made.get("MasterUserSecret", {})
    secrets = (
        [{"secretArn": secret["SecretArn"], "secretStatus": secret.get("SecretStatus", "active")}] if secret else []
    )
    return identifier, {"address": address, "endpoint": f"{address}:{port}", "masterUserSecrets": secrets}


HANDLERS: dict[str, Handler] = {
    "aws:lb/loadBalancer:LoadBalancer": _load_balancer,
    "aws:lb/targetGroup:TargetGroup": _target_group,
    "aws:lb/listener:Listener": _listener,
    "aws:rds/subnetGroup:SubnetGroup": _subnet_group,
    "aws:rds/instance:Instance": _database,
}
