"""external-dns itself, with the arguments that the chart gives it: `tripod delete` finds the names that it writes."""

import os
import subprocess
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import boto3
import pytest
import yaml

from support.add_ons.cluster_facts import cluster_facts
from support.add_ons.external_dns import ALIAS, ELSEWHERE, arguments, written
from support.add_ons.ingress_api import ingress, ingress_api
from tripod.addons.external_dns.objects import Visibility, external_dns_values
from tripod.addons.external_dns.spec import ExternalDnsSpec
from tripod.operations.delete.dns_records import delete_names, dns_names
from tripod.operations.inventory import ClusterInventory
from tripod.rehearsal.moto_server import emulated_aws
from tripod.stack.aws_clients import EMULATED_CREDENTIALS, Clients

REGION = "us-west-2"
ZONE = "example.com"
WANTED = [
    ("web", ["web.example.com", "a.b.example.com"], ALIAS),
    # The zone's own name, a wildcard, and a host that earlier releases could not tell from a wildcard.
    ("apex", ["example.com", "*.apps.example.com", "any.apps.example.com"], ALIAS),
    ("plain", ["cname-web.example.com", "*.plain.example.com"], ELSEWHERE),
]
"""Ingress, its hosts, the load balancer that serves it."""


@dataclass(frozen=True)
class Account:
    """An emulated account with one zone of somebody else's."""

    address: str
    zone: str

    @property
    def client(self) -> Any:
        session: Any = boto3
        return session.client("route53", region_name=REGION, endpoint_url=self.address, **EMULATED_CREDENTIALS)

    def records(self) -> list[dict[str, Any]]:
        return self.client.list_resource_record_sets(HostedZoneId=self.zone)["ResourceRecordSets"]


@pytest.fixture(params=["public", "private"])
def visibility(request: pytest.FixtureRequest) -> Visibility:
    return request.param


@pytest.fixture
def account(visibility: Visibility) -> Generator[Account]:
    with emulated_aws() as address:
        account = Account(address, "")
        made = account.client.create_hosted_zone(
            Name=ZONE, CallerReference="1", HostedZoneConfig={"PrivateZone": visibility == "private"}
        )
        account = Account(address, made["HostedZone"]["Id"].rsplit("/", 1)[1])
        yield account
        for one in account.records():
            if one["Type"] not in ("NS", "SOA"):
                change = {"Action": "DELETE", "ResourceRecordSet": one}
                account.client.change_resource_record_sets(HostedZoneId=account.zone, ChangeBatch={"Changes": [change]})
        account.client.delete_hosted_zone(Id=account.zone)


def run(binary: Path, account: Account, visibility: Visibility, cluster: str) -> list[str]:
    """Have a cluster's external-dns write its names once; its arguments."""
    facts = cluster_facts(cluster_name=cluster)
    zone = (ZONE, account.zone)
    given = arguments(external_dns_values(facts, ExternalDnsSpec(), visibility, "ingress-nginx", zone, [], "arn"))
    wanted = [ingress(name, hosts, target, visibility) for name, hosts, target in WANTED]
    credentials = {
        "AWS_ACCESS_KEY_ID": EMULATED_CREDENTIALS["aws_access_key_id"],
        "AWS_SECRET_ACCESS_KEY": EMULATED_CREDENTIALS["aws_secret_access_key"],
    }
    environment = {"PATH": os.environ["PATH"], "AWS_REGION": REGION, "AWS_ENDPOINT_URL": account.address, **credentials}
    with ingress_api(wanted) as server, NamedTemporaryFile("w", suffix=".yaml") as kubeconfig:
        yaml.safe_dump(kubeconfig_of(server), kubeconfig)
        kubeconfig.flush()
        command = [str(binary), *given, "--once", f"--kubeconfig={kubeconfig.name}", "--metrics-address=127.0.0.1:0"]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    return given


def kubeconfig_of(server: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "shop", "cluster": {"server": server}}],
        "contexts": [{"name": "shop", "context": {"cluster": "shop"}}],
        "current-context": "shop",
    }


def inventory(account: Account, cluster: str) -> ClusterInventory:
    return ClusterInventory(Clients(account.address), REGION, cluster)


def key(record: dict[str, Any]) -> tuple[str, str]:
    return record["Name"], record["Type"]


def emulated(record: dict[str, Any]) -> dict[str, Any]:
    """A record as the emulator lists it: it neither escapes an asterisk nor ends an alias' target with a dot."""
    target: dict[str, Any] = record.get("AliasTarget", {})
    alias = {"AliasTarget": {**target, "DNSName": target["DNSName"].rstrip(".")}} if target else {}
    return {**record, **alias, "Name": record["Name"].replace("\\052", "*")}


def test_it_writes_what_the_transcription_says(external_dns: Path, account: Account, visibility: Visibility) -> None:
    given = run(external_dns, account, visibility, "shop")
    said = [
        record
        for name, hosts, target in WANTED
        for host in hosts
        for record in written(given, f"ingress/shop/{name}", host, target)
    ]
    names = [one for one in account.records() if one["Type"] not in ("NS", "SOA")]
    assert sorted(map(emulated, names), key=key) == sorted(map(emulated, said), key=key)


def test_every_name_that_it_wrote_is_found_and_deleted(
    external_dns: Path, account: Account, visibility: Visibility
) -> None:
    before = account.records()
    run(external_dns, account, visibility, "shop")
    # Another cluster finds none of them.
    assert dns_names(inventory(account, "shop-public")) == []
    assert dns_names(inventory(account, "production")) == []
    found = dns_names(inventory(account, "shop"))
    assert len(found) == len(account.records()) - len(before)
    delete_names(inventory(account, "shop"), found)
    assert account.records() == before


def test_names_of_others_beside_it_stay(external_dns: Path, account: Account, visibility: Visibility) -> None:
    run(external_dns, account, visibility, "other")
    before = account.records()
    assert dns_names(inventory(account, "shop")) == []
    assert account.records() == before
