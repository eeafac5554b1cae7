"""`tripod cutover` as operators run it: exit codes, what is said, and that nothing happens without `--yes`."""

import json
import re
import sys
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import boto3
import pulumi
import yaml

from support.account.rehearsed import Copy
from support.operations.command import tripod
from support.operations.cutover import REGION, CutoverAccount, in_an_account_of_its_own
from support.operations.cutover_samples import HOST, NEW_SIDE, OLD_SIDE
from support.stacks.planned import ROOT, config_of, put
from tripod.addons.ingress.own_load_balancer import own_load_balancer
from tripod.cli.target import NoRemote
from tripod.operations.cutover import http_probe as probing
from tripod.operations.cutover.refusals import Action
from tripod.rehearsal.program import record_function
from tripod.stack.aws_clients import EMULATED_CREDENTIALS

commands = sys.modules["tripod.cli.commands.cutover"]


class Operator:
    """An operator of an account with a name that is to move, and its stack file.

    Args:
        account: the account.
    """

    def __init__(self, account: CutoverAccount) -> None:
        self.account, self.copy = account, Copy(account.address, REGION, "demo")

    def run(self, *words: str, unhealthy: str = "") -> tuple[int, str]:
        change = put("tripod:cutovers", [self.account.values])
        clock = patch.object(commands, "now", side_effect=lambda: self.account.now)
        with patch.object(probing, "probe", return_value=unhealthy), clock:
            return tripod(self.copy, "cutover", "local", *words, agents=NoRemote(), change=change)

    def done(self, *words: str) -> str:
        code, said = self.run("shop", *words, "--yes")
        assert code == 0, said
        return said

    def begun(self) -> "Operator":
        """The name has weights, all at the old side."""
        self.account.put(TTL=60)
        self.account.up()
        self.done("start")
        self.account.up(stage="weights")
        return self


@in_an_account_of_its_own
def test_every_move_is_shown_and_made_only_when_told(account: CutoverAccount) -> None:
    operator = Operator(account)
    operator.account.put()
    operator.account.up()
    for move in ("lower-ttl", "start", "advance", "back"):
        if move == "advance":
            operator.account.up(stage="weights")
        before = (operator.account.records(), operator.account.names())
        code, said = operator.run("shop", move)
        assert code == 0
        assert said.startswith("Would ")
        assert "`--yes` does it" in said
        assert (operator.account.records(), operator.account.names()) == before
        operator.done(move)
        operator.account.now += timedelta(hours=1)
        assert (operator.account.records(), operator.account.names()) != before
    code, said = operator.run("shop", "back")
    assert (code, said) == (0, f"Nothing to do: the old side has all of {HOST} already.\n")


@in_an_account_of_its_own
def test_what_is_refused_ends_with_2_and_says_what_to_do(account: CutoverAccount) -> None:
    operator = Operator(account)
    operator.account.put()
    operator.account.up()
    for words in (("shop", "start"), ("shop", "start", "--yes")):
        code, said = operator.run(*words)
        assert code == 2
        assert "its TTL is 3600 s, not 60 s" in said
        assert "`tripod cutover STACK shop lower-ttl` lowers it" in said
    code, said = operator.run("shop", "finish", "--yes", "--json")
    assert code == 2
    assert json.loads(said)["refusals"][0]["subject"] == HOST
    assert operator.run("shop", "sideways")[0] == 2
    code, said = operator.run("cart")
    assert code == 2
    assert "there are: shop" in said


@in_an_account_of_its_own
def test_a_stack_file_with_problems_moves_nothing(account: CutoverAccount) -> None:
    operator = Operator(account).begun()
    operator.account.values["steps"] = [50, 10, 100]
    code, said = operator.run("shop", "advance", "--yes")
    assert code == 2
    assert "tripod:cutovers[0].steps" in said
    assert operator.account.records()["new"] == (0, 60)


@in_an_account_of_its_own
def test_a_new_side_that_is_not_well_gets_nobody_unless_route_53_alone_is_asked(account: CutoverAccount) -> None:
    operator = Operator(account).begun()
    code, said = operator.run("shop", "advance", "--yes", unhealthy="answers 503")
    assert code == 2
    assert "the new side: answers 503" in said
    assert operator.run("shop", "advance", "--yes", "--no-probe", unhealthy="answers 503")[0] == 0
    assert operator.account.records()["new"] == (10, 60)
    operator.account.values["health"] = {"route53": False}
    code, said = operator.run("shop", "advance", "--yes", "--early", "--no-probe")
    assert code == 2
    assert "nothing says whether the new side is healthy" in said


@in_an_account_of_its_own
def test_status_says_where_a_name_stands(account: CutoverAccount) -> None:
    operator = Operator(account)
    assert "has no record" in operator.run("shop")[1]
    operator.begun()
    operator.done("advance")
    code, said = operator.run("shop")
    assert code == 0
    assert "10 % at the new side" in said
    assert re.search(rf"old +weight 90 · TTL 60 s · {OLD_SIDE}", said)
    assert re.search(rf"new +weight 10 · TTL 60 s · {NEW_SIDE}", said)
    assert re.search(r"next +not before \d{4}-\d\d-\d\d \d\d:\d\d UTC", said)
    assert re.search(r"new side +healthy", said)
    told = json.loads(operator.run("shop", "status", "--json", unhealthy="answers 503")[1])
    assert told["share"] == 10
    assert told["records"]["old"] == {"target": OLD_SIDE, "ttl": 60, "weight": 90}
    assert told["unhealthy"][0]["evidence"] == "answers 503"
    operator.account.values["new"] = {"dnsName": "another.example.org"}
    assert "another.example.org by the stack file" in operator.run("shop")[1]


@in_an_account_of_its_own
def test_without_new_the_command_takes_the_load_balancer_of_the_ingress(account: CutoverAccount) -> None:
    operator = Operator(account).begun()
    account.values["new"] = None
    assert "differs" not in operator.run("shop")[1]
    session: Any = boto3
    clients = {
        name: session.client(name, region_name=REGION, endpoint_url=account.address, **EMULATED_CREDENTIALS)
        for name in ("ec2", "elbv2")
    }
    subnet = clients["ec2"].describe_subnets()["Subnets"][0]["SubnetId"]
    # As cloud-provider-aws 1.36.1 tags them, ensureLoadBalancerv2: that of the ingress, and another cluster's.
    service = {"Key": "kubernetes.io/service-name", "Value": "ingress/ingress-nginx-controller"}
    made: dict[str, Any] = {}
    for cluster in ("other", "local"):
        tags = [service, {"Key": f"kubernetes.io/cluster/{cluster}", "Value": "owned"}]
        made = clients["elbv2"].create_load_balancer(Name=f"a{cluster}", Type="network", Subnets=[subnet], Tags=tags)
    name = made["LoadBalancers"][0]["DNSName"]
    assert f"new is {name} by the stack file and {NEW_SIDE} in Route 53" in operator.run("shop")[1]

    def program() -> None:
        ingress = pulumi.ComponentResource("test:index:Ingress", "ingress")
        pulumi.export("found", pulumi.Output.all(*own_load_balancer("local", "ingress-nginx", ingress)))
        pulumi.export("none", pulumi.Output.all(*own_load_balancer("third", "ingress-nginx", ingress)))

    config = config_of({"aws:region": REGION})
    outputs = record_function(program, "shop", "other", config, account.engine).outputs
    assert outputs == {"found": [name, made["LoadBalancers"][0]["CanonicalHostedZoneId"]], "none": [None, None]}


def documented() -> tuple[dict[str, Any], list[tuple[str, ...]]]:
    """What the page's section shows: a cut-over of a stack file, and the commands after the stack's name."""
    page = (ROOT / "docs/operations.md").read_text()
    section = page.split("## Cutting over from an old load balancer")[1].split("\n## ")[0]
    (written,) = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    found = re.findall(r"^tripod cutover staging ([^#\n]*)", section, re.MULTILINE)
    return yaml.safe_load(written)["tripod:cutovers"][0], [tuple(words.split()) for words in found]


@in_an_account_of_its_own
def test_what_the_page_shows_moves_a_name_from_the_old_side_to_the_new(account: CutoverAccount) -> None:
    values, commands = documented()
    operator = Operator(account)
    zone, operator.account.values = operator.account.zone, values
    operator.account.put(target=values["old"]["dnsName"])
    # The program gives the load balancer of the ingress, whose names the page does not show.
    operator.account.up(zoneId=zone, new={"dnsName": NEW_SIDE})
    for name, *words in commands:
        if words[:1] == ["advance"] and "new" not in operator.account.records():
            operator.account.up(stage="weights")
        if words[:1] == ["finish"]:
            assert operator.run(name, *words)[0] == 2
            _to_the_end(operator)
            operator.account.now += timedelta(days=7)
        operator.account.now += timedelta(days=0 if "--early" in words else 1)
        code, said = operator.run(name, *words)
        assert code == 0, said
    assert operator.account.records() == {"new": (100, 300)}
    operator.account.up(stage="finished", old=None)
    assert {words[0] for _, *words in commands if words} == set(Action) - {Action.STATUS}


def _to_the_end(operator: Operator) -> None:
    """Daily steps until the new side has everything."""
    while operator.account.records()["new"][0] != 100:
        operator.account.now += timedelta(days=1)
        operator.done("advance")
