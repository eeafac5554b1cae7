"""The emulated AWS that a virtual machine reaches, and what `pulumi up` would have put there."""

import logging
import os
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from ipaddress import IPv4Address, IPv4Network
from typing import Any

from tripod.stack.aws_clients import Clients


@contextmanager
def emulated_aws_at(address: str) -> Generator[str]:
    """Run the emulator while a block runs, where a virtual machine can reach it; yields its URL."""
    os.environ.setdefault("MOTO_IAM_LOAD_MANAGED_POLICIES", "false")
    from moto.server import ThreadedMotoServer  # noqa: PLC0415

    from tripod.rehearsal.moto_patches import patch_moto  # noqa: PLC0415

    patch_moto()
    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer(ip_address=address, port=0, verbose=False)
    server.start()
    try:
        host, port = server.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        server.stop()


@dataclass(frozen=True)
class Account:
    """An account of the emulated AWS.

    Attributes:
        endpoint: the emulator.
        region: the region in use.
    """

    endpoint: str
    region: str

    @cached_property
    def _clients(self) -> Clients:
        return Clients(self.endpoint)

    def client(self, service: str) -> Any:
        """A boto3 client."""
        return self._clients.client(service, self.region)

    def bucket(self, name: str, objects: Mapping[str, bytes] | None = None) -> str:
        """Make a bucket with objects in it; its address."""
        s3 = self.client("s3")
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": self.region})
        for key, content in (objects or {}).items():
            s3.put_object(Bucket=name, Key=key, Body=content)
        return f"{self.endpoint}/{name}"

    def instance(self, zone: str) -> str:
        """Launch an instance; its id."""
        return self._launched(Placement={"AvailabilityZone": zone})

    def instance_at(self, zone: str, network: IPv4Network, address: IPv4Address, tags: Mapping[str, str]) -> str:
        """Launch an instance at an address of a new network; its id."""
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock=str(network))["Vpc"]["VpcId"]
        subnet = ec2.create_subnet(VpcId=vpc, CidrBlock=str(network), AvailabilityZone=zone)["Subnet"]["SubnetId"]
        specification = {"ResourceType": "instance", "Tags": _listed(tags)}
        return self._launched(SubnetId=subnet, PrivateIpAddress=str(address), TagSpecifications=[specification])

    def _launched(self, **more: Any) -> str:
        answer = self.client("ec2").run_instances(ImageId="ami-12c6146b", MinCount=1, MaxCount=1, **more)
        return answer["Instances"][0]["InstanceId"]

    def volume(self, zone: str, tags: Mapping[str, str]) -> str:
        """Make a volume; its id."""
        specification = {"ResourceType": "volume", "Tags": _listed(tags)}
        answer = self.client("ec2").create_volume(AvailabilityZone=zone, Size=1, TagSpecifications=[specification])
        return answer["VolumeId"]

    def attachments(self, volume: str) -> list[tuple[str, str]]:
        """To which instance a volume is attached, and as what."""
        found = self.client("ec2").describe_volumes(VolumeIds=[volume])["Volumes"][0]["Attachments"]
        return [(one["InstanceId"], one["Device"]) for one in found]

    def lose(self, instance: str, volume: str) -> None:
        """Terminate an instance and delete its volume."""
        ec2 = self.client("ec2")
        ec2.terminate_instances(InstanceIds=[instance])
        if self.attachments(volume):
            ec2.detach_volume(VolumeId=volume)
        ec2.delete_volume(VolumeId=volume)

    def parameter(self, name: str) -> str | None:
        """The value of an SSM parameter, decrypted; None where there is none."""
        found = self.client("ssm").get_parameters(Names=[name], WithDecryption=True)["Parameters"]
        return found[0]["Value"] if found else None


def _listed(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]
