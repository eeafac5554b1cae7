"""Component BootPayload: the objects that instances fetch when they boot."""

import base64
from dataclasses import replace

import pulumi
import pulumi_aws as aws

from tripod.bootstrap.agent.instance.documents import BootPointers
from tripod.bootstrap.archive import agent_archive
from tripod.bootstrap.documents import digest
from tripod.bootstrap.user_data import user_data
from tripod.core.component import ChildFactory, OwnedArgs, annotated_outputs, spec_of
from tripod.core.regions import dns_suffix
from tripod.core.spec import Spec
from tripod.storage.layout import TOPOLOGY_KEY, archive_key, document_key


class BootPayloadArgs(OwnedArgs):
    """Arguments of BootPayload."""

    region: str
    """The region."""
    bucket: pulumi.Input[str]
    """The payload bucket."""
    documents: dict[str, pulumi.Input[str]]
    """Name → a role's document (JSON): etcd, control-plane, and workers-<group> for each group."""
    topology: pulumi.Input[str]
    """The document of etcd's members (JSON)."""


class BootPayload(pulumi.ComponentResource):
    """The boot agent's archive and the roles' documents, in the payload bucket, named by their content."""

    agent_sha256: pulumi.Output[str]
    """The digest of the agent's archive."""

    def __init__(self, name: str, args: BootPayloadArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        spec_of(Spec, args, BootPayloadArgs)
        super().__init__("tripod:index:BootPayload", name, {"region": args["region"]}, opts)
        children = ChildFactory.of(name, self, args)
        archive = agent_archive()
        tags = children.tags("payload", role="payload")
        agent = aws.s3.BucketObjectv2(
            children.logical_name("agent"),
            bucket=args["bucket"],
            key=archive_key(archive.sha256),
            content_base64=base64.b64encode(archive.content).decode(),
            content_type="application/x-tar",
            tags=tags,
            opts=children.opts(),
        )
        topology = aws.s3.BucketObjectv2(
            children.logical_name("topology"),
            bucket=args["bucket"],
            key=TOPOLOGY_KEY,
            content=args["topology"],
            content_type="application/json",
            tags=tags,
            opts=children.opts(),
        )
        documents = {
            role: aws.s3.BucketObjectv2(
                children.logical_name(role),
                bucket=args["bucket"],
                key=pulumi.Output.from_input(text).apply(lambda text, role=role: document_key(role, digest(text))),
                content=text,
                content_type="application/json",
                tags=tags,
                opts=children.opts(),
            )
            for role, text in args["documents"].items()
        }
        self._region = args["region"]
        self._objects = {"agent": agent, "topology": topology, **documents}
        self.agent_sha256 = pulumi.Output.from_input(archive.sha256)
        self.register_outputs(annotated_outputs(self))

    def user_data(self, document: str, role: str, name: str = "") -> pulumi.Output[str]:
        """The user data of an instance.

        Args:
            document: the name of its document.
            role: its role.
            name: its member or worker group.
        """
        fetched = self._objects[document]
        values = pulumi.Output.all(bucket=fetched.bucket, document=fetched.key, agent=self._objects["agent"].key)
        blank = BootPointers(role, name, self._region, payload="", agent="", document="", topology=TOPOLOGY_KEY)
        host = f"s3.{self._region}.{dns_suffix(self._region)}"
        return values.apply(
            lambda resolved: user_data(
                replace(
                    blank,
                    payload=f"https://{resolved['bucket']}.{host}",
                    agent=resolved["agent"],
                    document=resolved["document"],
                )
            )
        )

    def objects(self) -> list[pulumi.Resource]:
        """Objects that must be in the bucket before an instance boots."""
        return list(self._objects.values())
