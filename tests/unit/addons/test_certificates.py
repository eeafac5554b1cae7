"""Certificates: their issuer, and cert-manager's values."""

import pytest

from support.add_ons.cluster_facts import MIRRORS, cluster_facts
from tripod.addons.cert_manager.objects import acme_issuer, cert_manager_values
from tripod.addons.ingress.load_balancer import default_certificate

ZONE = ("example.com", "Z1")
ROLE = "arn:aws:iam::123456789012:role/certificates"


@pytest.mark.parametrize(
    ("environment", "server"),
    [
        ("production", "https://acme-v02.api.letsencrypt.org/directory"),
        ("staging", "https://acme-staging-v02.api.letsencrypt.org/directory"),
        ("local", "https://acme-staging-v02.api.letsencrypt.org/directory"),
    ],
)
def test_only_production_gets_certificates_that_are_limited_in_number(environment: str, server: str):
    assert acme_issuer(cluster_facts(environment=environment), None, ZONE)["spec"]["acme"]["server"] == server


def test_a_domain_is_proved_by_a_record_in_its_zone():
    acme = acme_issuer(cluster_facts(), "ops@example.com", ZONE)["spec"]["acme"]
    assert acme["email"] == "ops@example.com"
    (solver,) = acme["solvers"]
    assert solver["selector"] == {"dnsZones": ["example.com"]}
    assert solver["dns01"] == {"route53": {"region": "us-west-2", "hostedZoneID": "Z1"}}


def test_an_issuer_needs_no_address_to_write_to():
    assert "email" not in acme_issuer(cluster_facts(), None, ZONE)["spec"]["acme"]


def test_certificates_come_from_the_issuer():
    reference = default_certificate([], "shop", "example.com")["spec"]["issuerRef"]
    issuer = acme_issuer(cluster_facts(), None, ZONE)
    assert (reference["kind"], reference["name"]) == (issuer["kind"], issuer["metadata"]["name"])


def test_it_has_an_identity_in_aws_only_where_it_has_something_to_do_there():
    settings = {
        variable["name"]: variable["value"] for variable in cert_manager_values(cluster_facts(), 2, ROLE)["extraEnv"]
    }
    assert settings["AWS_ROLE_ARN"] == ROLE
    assert not {"extraEnv", "volumes", "volumeMounts"} & cert_manager_values(cluster_facts(), 2, None).keys()


def test_it_asks_the_cluster_s_names_alone():
    values = cert_manager_values(cluster_facts(), 2, ROLE)
    assert values["dns01RecursiveNameservers"] == "100.80.0.10:53"
    assert values["dns01RecursiveNameserversOnly"] is True


def test_every_part_has_replicas_in_several_zones():
    values = cert_manager_values(cluster_facts(image_mirrors=MIRRORS), 3, ROLE)
    for part in (values, values["webhook"], values["cainjector"]):
        assert part["replicaCount"] == 3
        assert part["podDisruptionBudget"]["enabled"] is True
        assert part["topologySpreadConstraints"]
    assert values["imageRegistry"] == MIRRORS["quay.io"]
