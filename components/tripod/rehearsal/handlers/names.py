"""Names: zones, records, and the health checks that records heed."""

from tripod.core.json_types import JsonObject
from tripod.rehearsal.handlers.context import Context, Created, Handler
from tripod.rehearsal.inputs import Inputs


def _zone(context: Context, inputs: Inputs) -> Created:
    route53 = context.client("route53")
    vpcs = inputs.take("vpcs", [])
    inputs.take("forceDestroy")
    made = route53.create_hosted_zone(
        Name=inputs.need("name"),
        CallerReference=context.name,
        HostedZoneConfig={"Comment": inputs.take("comment", ""), "PrivateZone": bool(vpcs)},
        **({"VPC": {"VPCRegion": context.region, "VPCId": vpcs[0]["vpcId"]}} if vpcs else {}),
    )
    id_ = made["HostedZone"]["Id"].rsplit("/", 1)[1]
    for vpc in vpcs[1:]:
        place = {"VPCRegion": context.region, "VPCId": vpc["vpcId"]}
        route53.associate_vpc_with_hosted_zone(HostedZoneId=id_, VPC=place)
    route53.change_tags_for_resource(ResourceType="hostedzone", ResourceId=id_, AddTags=inputs.tags())
    return id_, {"zoneId": id_, "arn": f"arn:aws:route53:::hostedzone/{id_}"}


def _record(context: Context, inputs: Inputs) -> Created:
    zone, name, type_ = inputs.need("zoneId"), inputs.need("name"), inputs.need("type")
    record: JsonObject = {"Name": name, "Type": type_}
    aliases, values = inputs.take("aliases"), inputs.take("records")
    if aliases:
        record["AliasTarget"] = {
            "HostedZoneId": aliases[0]["zoneId"],
            "DNSName": aliases[0]["name"],
            "EvaluateTargetHealth": aliases[0]["evaluateTargetHealth"],
        }
    if values:
        record |= {"TTL": inputs.need("ttl"), "ResourceRecords": [{"Value": value} for value in values]}
    record |= inputs.given("setIdentifier", "healthCheckId")
    weights = inputs.take("weightedRoutingPolicies")
    if weights:
        record["Weight"] = weights[0]["weight"]
    change = {"Action": "UPSERT" if inputs.take("allowOverwrite") else "CREATE", "ResourceRecordSet": record}
    context.client("route53").change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [change]})
    identifier = record.get("SetIdentifier")
    return "_".join((zone, name, type_, *([identifier] if identifier else []))), {"fqdn": name}


def _health_check(context: Context, inputs: Inputs) -> Created:
    route53 = context.client("route53")
    config = {
        **inputs.given("type", "port", "resourcePath", "requestInterval", "failureThreshold"),
        "FullyQualifiedDomainName": inputs.need("fqdn"),
        "EnableSNI": inputs.take("enableSni", False),
    }
    made = route53.create_health_check(CallerReference=context.name[-64:], HealthCheckConfig=config)
    id_ = made["HealthCheck"]["Id"]
    route53.change_tags_for_resource(ResourceType="healthcheck", ResourceId=id_, AddTags=inputs.tags())
    return id_, {"arn": f"arn:aws:route53:::healthcheck/{id_}"}


HANDLERS: dict[str, Handler] = {
    "aws:route53/zone:Zone": _zone,
    "aws:route53/record:Record": _record,
    "aws:route53/healthCheck:HealthCheck": _health_check,
}
