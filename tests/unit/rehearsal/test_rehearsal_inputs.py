import pytest

from tripod.rehearsal.inputs import Inputs, UnhandledInputError, lower_hyphens, pascal, tag_list

TYPE = "aws:ec2/vpc:Vpc"


def test_inputs_that_nobody_took_are_refused_by_name() -> None:
    inputs = Inputs(TYPE, {"cidrBlock": "10.0.0.0/16", "ipv6": True, "zzz": 1})
    inputs.take("cidrBlock")
    with pytest.raises(UnhandledInputError, match=r"aws:ec2/vpc:Vpc: .*ipv6, zzz"):
        inputs.finish()


def test_inputs_that_were_all_taken_are_not() -> None:
    inputs = Inputs(TYPE, {"a": 1, "b": 2, "tags": {"Name": "x"}, "nothing": None})
    assert (inputs.take("a"), inputs.need("b")) == (1, 2)
    inputs.tags()
    inputs.finish()


def test_an_input_that_is_false_must_be_taken_as_well() -> None:
    with pytest.raises(UnhandledInputError, match="encrypted"):
        Inputs(TYPE, {"encrypted": False}).finish()


def test_an_input_that_must_be_there_is_asked_for_by_name() -> None:
    with pytest.raises(UnhandledInputError, match=r"aws:ec2/vpc:Vpc: input cidrBlock is missing"):
        Inputs(TYPE, {"cidrBlock": None}).need("cidrBlock")


def test_an_input_that_was_not_given_has_its_default() -> None:
    assert Inputs(TYPE, {"a": None}).take("a", 5) == 5
    assert Inputs(TYPE, {"a": 0}).take("a", 5) == 0
    assert Inputs(TYPE, {}).take("a") is None


def test_given_inputs_are_called_as_boto3_calls_them_nested_ones_too() -> None:
    inputs = Inputs(TYPE, {"cidrBlock": "x", "rules": [{"fromPort": 1, "ipRanges": [{"cidrIp": "y"}]}], "off": False})
    assert inputs.given("cidrBlock", "rules", "off", "missing") == {
        "CidrBlock": "x",
        "Rules": [{"FromPort": 1, "IpRanges": [{"CidrIp": "y"}]}],
        "Off": False,
    }
    inputs.finish()


def test_tags_are_a_list_in_the_order_of_their_keys() -> None:
    assert tag_list({"b": "2", "a": "1"}) == [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    assert Inputs(TYPE, {}).tags() == []


@pytest.mark.parametrize(
    ("name", "written"), [("enableCrossZone", "enable-cross-zone"), ("type", "type"), ("sizeGib", "size-gib")]
)
def test_attributes_of_load_balancers_are_written_with_hyphens(name: str, written: str) -> None:
    assert lower_hyphens(name) == written


def test_values_keep_what_they_are() -> None:
    assert pascal({"aB": None, "c": "dE", "f": [1, "gH"]}) == {"AB": None, "C": "dE", "F": [1, "gH"]}
