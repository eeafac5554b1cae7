"""Context and result of handlers."""

from collections.abc import Callable
from dataclasses import dataclass

from tripod.core.json_types import JsonObject
from tripod.rehearsal.inputs import Inputs, tag_list
from tripod.stack.aws_clients import Boto3Client, Clients

ACCOUNT = "123456789012"
"""moto's account."""

Created = tuple[str, JsonObject]


@dataclass(frozen=True)
class Context:
    """Region and clients that a resource is created with.

    Attributes:
        clients: clients of the account.
        region: the region of the resource's provider.
        name: the resource's logical name.
    """

    clients: Clients
    region: str
    name: str

    def client(self, service: str) -> Boto3Client:
        """A client of a service in the resource's region."""
        return self.clients.client(service, self.region)

    @property
    def ec2(self) -> Boto3Client:
        """A client of EC2."""
        return self.client("ec2")


Handler = Callable[[Context, Inputs], Created]


def tagged(kind: str, inputs: Inputs) -> JsonObject:
    """EC2's way to give tags to what is being created; empty where there are none."""
    tags = inputs.take("tags", {})
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": tag_list(tags)}]} if tags else {}


def ec2_arn(context: Context, kind: str, id_: str) -> str:
    """The ARN of something in EC2."""
    return f"arn:aws:ec2:{context.region}:{ACCOUNT}:{kind}/{id_}"
