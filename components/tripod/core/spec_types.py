"""The plain settings that components take. Written by `make generate`."""

from typing import Any, NotRequired, TypedDict

import pulumi


class IdentitySettings(TypedDict):
    """Name, tags and availability of the cluster."""

    name: str
    """Its name, in every physical name and tag: lower-case letters, digits, hyphens; at most 24."""
    environment: str
    """Tag: the environment that it serves."""
    owner: str
    """Tag: the owner."""
    project: NotRequired[str]
    """Tag for cost allocation."""
    tags: NotRequired[dict[str, str]]
    """Further tags of every resource; at most 3."""
    ha: NotRequired[str]
    """The failure that it must survive: the loss of any zone, or of any one instance."""
    protect: NotRequired[bool]
    """If true, the engine refuses to delete resources that hold data. A destroy leaves them behind in any case."""


class AdoptedSubnetSettings(TypedDict):
    """A subnet that exists."""

    id: str
    """Its id: subnet-…"""
    cidr: str
    """Its range, which preflight compares with AWS."""


class AdoptedZoneSettings(TypedDict):
    """The subnets of one zone of an adopted VPC."""

    nodes: AdoptedSubnetSettings
    """The subnet of workers. Private: its default route is not an Internet gateway."""
    control: AdoptedSubnetSettings
    """The subnet of etcd members and control-plane nodes. Private, /26 or larger; its second /28 is free."""
    public: NotRequired[AdoptedSubnetSettings]
    """The subnet of load balancers that face the Internet."""


class AdoptedVpcSettings(TypedDict):
    """A VPC with another owner. Nothing in it is changed or destroyed."""

    vpc_id: str
    """The VPC's id: vpc-…"""
    zones: dict[str, AdoptedZoneSettings]
    """Zone → its subnets; the same zones as the network's."""
    private_route_tables: list[str]
    """Every route table of the nodes and control subnets: rtb-…"""


class NetworkSettings(TypedDict):
    """Addresses, zones and egress."""

    cidr: str
    """The VPC's range, private, /16 to /21."""
    zones: dict[str, int]
    """Zone → slot (0 to 3). A zone keeps its slot for ever: its ranges and names follow from it."""
    pod_cidr: NotRequired[str]
    """The range of pods (used by Cilium; the AWS VPC CNI gives pods addresses of the VPC)."""
    service_cidr: NotRequired[str]
    """The range of Services; its tenth address is the cluster's DNS."""
    nat: NotRequired[str]
    """A NAT gateway per zone, or one shared by all, which is cheaper and does not survive its zone."""
    flow_log_days: NotRequired[int]
    """Days to keep the VPC's flow logs; a period of CloudWatch."""
    cni: NotRequired[str]
    """The network plugin, for which ports are open between nodes."""
    bucket_accounts: NotRequired[list[str]]
    """Further accounts whose S3 buckets are written to from the VPC. Its S3 endpoint allows writing to buckets of the
    cluster's own account, and reading any."""
    load_balancers: NotRequired[list[str]]
    """Load balancers of Services that reach the workers: public, internal (in the workers' own subnets), both or none.
    By default the kind of the stack's ingress; for the component Cluster by itself, public."""
    adopt: NotRequired[AdoptedVpcSettings]
    """An existing VPC to use, instead of one of the cluster's own."""


class ImagesSettings(TypedDict):
    """The machine image of each architecture, pinned: a newly published one changes nothing."""

    system: NotRequired[str]
    """The operating system that the images hold."""
    amd64: NotRequired[str]
    """ami-…, or resolve:ssm:/aws/service/…/<a dated serial>/… for a parameter that never changes."""
    arm64: NotRequired[str]
    """The same for Graviton."""


class SpotSettings(TypedDict):
    """The share of spot capacity in a group."""

    on_demand_base: NotRequired[int]
    """The number of instances in each zone that are always on demand."""
    on_demand_percentage: NotRequired[int]
    """The percentage of on-demand instances beyond the base."""


class TaintSettings(TypedDict):
    """A taint, which keeps away pods that do not tolerate it."""

    key: str
    """Its key."""
    value: NotRequired[str]
    """Its value."""
    effect: str
    """The effect on pods that do not tolerate it."""


class VolumeSettings(TypedDict):
    """A gp3 disk, always encrypted."""

    size_gib: NotRequired[int]
    """Its size in GiB."""
    iops: NotRequired[int]
    """Operations a second: 3000 to 16000, at most 500 for each GiB."""
    throughput: NotRequired[int]
    """MiB a second: 125 to 1000, at most a quarter of iops."""
    encrypted: NotRequired[bool]
    """Always true: false is refused with an explanation."""


class WorkerGroupSettings(TypedDict):
    """A group of identical workers: one auto-scaling group in each zone, so that pods stay in their volumes' zone."""

    name: str
    """Its name: lower-case letters, digits and hyphens; at most 20."""
    instance_types: list[str]
    """Instance types of its nodes, best first; several for spot or scarce capacity, all of one architecture."""
    min_per_zone: NotRequired[int]
    """The minimum of nodes in a zone."""
    max_per_zone: NotRequired[int]
    """The maximum of nodes in a zone; the autoscaler scales between the two."""
    zones: NotRequired[list[str]]
    """Its zones; by default all."""
    spot: NotRequired[SpotSettings]
    """Spot capacity; by default all instances are on demand."""
    labels: NotRequired[dict[str, str]]
    """Labels of its nodes."""
    taints: NotRequired[list[TaintSettings]]
    """Taints of its nodes."""
    root_volume: NotRequired[VolumeSettings]
    """The root disk of a node."""


class SnapshotsSettings(TypedDict):
    """Snapshots of etcd."""

    interval_minutes: NotRequired[int]
    """Minutes between snapshots."""
    retention_days: NotRequired[int]
    """Days to keep a snapshot."""


class EtcdSettings(TypedDict):
    """The dedicated etcd group: one instance, one address and one volume for each member."""

    members: NotRequired[int]
    """The number of members: 3, 5 or 7."""
    placement: NotRequired[dict[str, int]]
    """Zone → number of members; by default round-robin. Write down the current placement before you add a zone
    without new members: otherwise one would move."""
    instance_type: NotRequired[str]
    """The instance type of a member."""
    volume: NotRequired[VolumeSettings]
    """The data volume of a member, which outlives its instance."""
    root_volume: NotRequired[VolumeSettings]
    """The root disk of an instance."""
    snapshots: NotRequired[SnapshotsSettings]
    """Snapshots to the snapshot bucket."""
    metrics: NotRequired[bool]
    """If true, control-plane nodes may scrape the members' metrics (port 2381)."""


class NodeLossSettings(TypedDict):
    """Time until the pods of a silent node are recreated elsewhere: the sum of the two values."""

    silent_seconds: NotRequired[int]
    """Seconds without a heartbeat until a node counts as lost. Below 50, nodes count as lost while their kubelets
    still wait for a failed API server."""
    toleration_seconds: NotRequired[int]
    """Seconds until its pods are then evicted, unless they set their own toleration: the node may come back."""


class ControlPlaneSettings(TypedDict):
    """The nodes that run the API server, the scheduler and the controllers."""

    instance_type: NotRequired[str]
    """The instance type of a node; kubeadm requires two processors."""
    per_zone: NotRequired[int]
    """The number of nodes in each zone."""
    root_volume: NotRequired[VolumeSettings]
    """The root disk of a node."""
    node_loss: NotRequired[NodeLossSettings]
    """Time that the cluster waits for silent nodes."""
    encryption_algorithm: NotRequired[str]
    """The keys of the API server's and the other certificates that kubeadm makes and renews. The authorities' keys are
    ECDSA-P256 with either. RSA-2048: a load balancer's HTTPS check may not connect to a server with an ECDSA key
    (kubernetes-sigs/cluster-api-provider-aws issue 1658)."""
    outward_ports: NotRequired[list[int]]
    """Egress ports of the nodes, beside HTTP and HTTPS: those of the receivers of their logs and metrics."""


class VersionsSettings(TypedDict):
    """Versions of Kubernetes and etcd."""

    kubernetes: NotRequired[str]
    """The control plane's Kubernetes."""
    workers: NotRequired[str]
    """The workers' kubelet; by default the control plane's version. Never newer, at most three minors older."""
    etcd: NotRequired[str]
    """etcd's version."""


class AccessSettings(TypedDict):
    """Access of people and pipelines to the API."""

    mode: NotRequired[str]
    """ssm-tunnel: through Session Manager (`tripod tunnel`). in-vpc-runner: from hosts within reach of the
    VPC. public-allow-list: through a second, public load balancer, open only to the listed ranges."""
    allowed_ranges: NotRequired[list[str]]
    """Ranges that may reach the API: private ones with in-vpc-runner, any with public-allow-list."""
    tunnel_port: NotRequired[int]
    """The local port of the tunnel on the operator's machine."""
    groups: NotRequired[dict[str, list[str]]]
    """Role (viewer, operator, deployer, ci-preview) → groups of people and pipelines that have it."""


class EncryptionSettings(TypedDict):
    """KMS keys: one for disks and buckets, one for secrets. The cluster creates them unless they are given."""

    enabled: NotRequired[bool]
    """Always true: false is refused with an explanation."""
    storage_key_arn: NotRequired[str]
    """A KMS key of your own for volumes, snapshots and logs, in the cluster's region."""
    secrets_key_arn: NotRequired[str]
    """A KMS key of your own for Secrets Manager and SSM parameters, in the cluster's region."""


class IssuerSettings(TypedDict):
    """OIDC issuer for service accounts (IRSA)."""

    publish: NotRequired[str]
    """Publisher of the two documents with which AWS verifies tokens: cloudfront, a distribution before a private
    bucket; bucket, a bucket in which anyone may read them; or url, you."""
    url: NotRequired[str]
    """With publish: url, the URL below which you serve both documents over HTTPS."""
    accepted: NotRequired[list[str]]
    """Further publishers, while the issuer changes: AWS and the API servers accept tokens of their issuers as well."""


class DnsSettings(TypedDict):
    """DNS names."""

    internal_zone: NotRequired[str]
    """The private zone of the API's name and the databases' names; by default <cluster>.internal."""


class SupplySettings(TypedDict):
    """Sources of the nodes' binaries and images."""

    binaries: NotRequired[str]
    """A mirror of the binaries: an HTTPS URL below which each binary has the same path as on its project's site."""
    images: NotRequired[dict[str, str]]
    """Registry → its mirror, such as registry.k8s.io → mirror.example.com/k8s. Every image of a mirrored registry
    is pulled from the mirror, including the pause image."""
    ecr_repositories: NotRequired[list[str]]
    """Repositories of ECR that nodes may pull from: names in the cluster's account and region, such as shop/*, or ARNs.
    Default: none; nodes then have neither the rights nor ECR's credential provider."""
    digests: NotRequired[dict[str, dict[str, dict[str, str]]]]
    """Binary → version → architecture → sha256, of versions that this release does not list."""


class ClusterSettings(TypedDict):
    """Settings of a cluster."""

    region: str
    """Its region."""
    cluster: IdentitySettings
    """Its name, tags and level of availability."""
    network: NetworkSettings
    """Addresses, zones, egress."""
    images: ImagesSettings
    """Machine images."""
    workers: list[WorkerGroupSettings]
    """Worker groups."""
    etcd: NotRequired[EtcdSettings]
    """The etcd group."""
    control_plane: NotRequired[ControlPlaneSettings]
    """The control plane."""
    versions: NotRequired[VersionsSettings]
    """Versions."""
    access: NotRequired[AccessSettings]
    """Access to the API."""
    encryption: NotRequired[EncryptionSettings]
    """Keys."""
    issuer: NotRequired[IssuerSettings]
    """The issuer of service-account tokens."""
    dns: NotRequired[DnsSettings]
    """DNS names."""
    supply: NotRequired[SupplySettings]
    """Mirrors, digests."""


class SecretSourceSettings(TypedDict):
    """A secret, never written in clear."""

    secret_name: NotRequired[str]
    """The name of a secret in Secrets Manager, in the cluster's region."""
    value: NotRequired[str]
    """A value that Pulumi encrypts: `pulumi config set --secret --path …`."""


class DatabaseSettings(TypedDict):
    """One database in a peer VPC."""

    name: str
    """Its name for applications: <name>.<internal zone> resolves to it."""
    endpoint: str
    """Its DNS name. Never an address: AWS may change it."""
    port: NotRequired[int]
    """Its port."""
    security_group: str
    """Its security group, which gets one rule: from the workers to its port."""
    zones: list[str]
    """The zones of its DB subnet group."""
    credentials: NotRequired[SecretSourceSettings]
    """Credentials of applications: JSON with username and password."""


class ExampleDatabaseSettings(TypedDict):
    """A small VPC with a PostgreSQL instance, to try the peering with."""

    zones: list[str]
    """Two or more zones of its region."""
    instance_class: NotRequired[str]
    """Its instance class."""
    engine_version: NotRequired[str]
    """PostgreSQL's major version. RDS chooses the minor one, upgrades it, and withdraws old ones."""


class PeerSettings(TypedDict):
    """A VPC to peer with, and the databases in it."""

    name: str
    """Its name in resource names."""
    cidr: str
    """Its range, which must not overlap the cluster's."""
    vpc_id: NotRequired[str]
    """Its id: vpc-…; omit it with an example."""
    region: NotRequired[str]
    """Its region; by default the cluster's."""
    account_id: NotRequired[str]
    """Its account; by default the cluster's."""
    role_arn: NotRequired[str]
    """A role in its account that may accept the peering and write routes there."""
    accept: NotRequired[str]
    """The peering is accepted automatically, or by hand by the owner of the other account."""
    active: NotRequired[bool]
    """With accept: by-hand, true once it has been accepted."""
    dns_resolution: NotRequired[bool]
    """If true, each side resolves the other's names to private addresses."""
    route_tables: NotRequired[list[str]]
    """Every route table of the databases' subnets: rtb-…"""
    databases: NotRequired[list[DatabaseSettings]]
    """The databases in it."""
    example: NotRequired[ExampleDatabaseSettings]
    """Create a small database VPC instead of attaching one."""


class ChartsSettings(TypedDict):
    """Source of charts; by default the project of each."""

    repository: NotRequired[str]
    """A repository that has all charts: https://… or oci://…"""
    folder: NotRequired[str]
    """A folder with each chart as a folder or as <name>-<version>.tgz."""


class HostedZoneSettings(TypedDict):
    """A hosted zone of Route 53."""

    name: str
    """Its domain."""
    id: str
    """Its id; the IAM role allows writes in this zone alone."""


class ZonesSettings(TypedDict):
    """Hosted zones for names of services."""

    public: NotRequired[HostedZoneSettings]
    """The public zone. Without it no service has a public name or a certificate."""
    private: NotRequired[HostedZoneSettings]
    """The private zone; by default the cluster's own, which has the API's name too."""
    excluded: NotRequired[list[str]]
    """Names, with all names within them, that no add-on writes, such as those of a cut-over."""


class PoliciesSettings(TypedDict):
    """Admission policies: no ports of nodes, images without a version, pods without limits, or second load balancer."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""
    load_balancers: NotRequired[list[str]]
    """Further Services that may be of type LoadBalancer, as namespace/name, beside the ingress'."""


class GatewayApiSettings(TypedDict):
    """Definitions of the Gateway API; installed with ingress.kind: gateway."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""
    values: NotRequired[dict[str, Any]]
    """Values of the chart, which override those that Tripod sets."""


class CiliumSettings(TypedDict):
    """Cilium; installed with network.cni: cilium."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""
    values: NotRequired[dict[str, Any]]
    """Values of the chart, which override those that Tripod sets."""


class AwsVpcCniSettings(TypedDict):
    """The AWS VPC CNI; installed with network.cni: aws-vpc."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""
    values: NotRequired[dict[str, Any]]
    """Values of the chart, which override those that Tripod sets."""
    prefixes: NotRequired[bool]
    """If true, nodes get pod addresses as /28 prefixes: small instances then hold 110 pods, and the subnets need free
    /28 ranges."""


class KubeProxySettings(TypedDict):
    """kube-proxy; installed with network.cni: aws-vpc. Cilium replaces it."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""


class CloudControllerSettings(TypedDict):
    """AWS' cloud controller manager: node addresses and labels from EC2, and load balancers for Services."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""
    values: NotRequired[dict[str, Any]]
    """Values of the chart, which override those that Tripod sets."""


class CoreDnsSettings(TypedDict):
    """The cluster's DNS."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""
    replicas: NotRequired[int]
    """Replicas, spread over zones."""


class EgressProbeSettings(TypedDict):
    """A job that checks, once for each version, that pods reach DNS, AWS and the API."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""
    hosts: NotRequired[list[str]]
    """Further hosts that pods must reach over HTTPS."""


class SnapshotControllerSettings(TypedDict):
    """Snapshots of volumes. Without it there are none."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""
    values: NotRequired[dict[str, Any]]
    """Values of the chart, which override those that Tripod sets."""
    replicas: NotRequired[int]
    """Replicas; one of them is the leader."""


class StorageClassSettings(TypedDict):
    """A storage class. Volumes are encrypted with the cluster's key, and created in the zone of their first pod."""

    type: NotRequired[str]
    """EBS volume type."""
    iops: NotRequired[int]
    """IOPS; needed for io2, 3000 by default for gp3."""
    throughput: NotRequired[int]
    """MiB a second, for gp3 only; by default 125."""
    file_system: NotRequired[str]
    """File system."""
    keep: NotRequired[bool]
    """If true, a volume outlives its claim."""


class EbsCsiSettings(TypedDict):
    """Volumes for pods."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""
    values: NotRequired[dict[str, Any]]
    """Values of the chart, which override those that Tripod sets."""
    replicas: NotRequired[int]
    """Replicas of the controller; one of them is the leader."""
    classes: NotRequired[dict[str, StorageClassSettings]]
    """Name → storage class. A class cannot be changed under its name."""
    default_class: NotRequired[str]
    """The class of claims that name none."""


class MetricsServerSettings(TypedDict):
    """Resource use of pods and nodes, for autoscaling and `kubectl top`."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""
    values: NotRequired[dict[str, Any]]
    """Values of the chart, which override those that Tripod sets."""
    replicas: NotRequired[int]
    """Replicas, spread over zones."""


class ClusterAutoscalerSettings(TypedDict):
    """Autoscaler of worker groups, between each group's bounds."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""
    values: NotRequired[dict[str, Any]]
    """Values of the chart, which override those that Tripod sets."""
    replicas: NotRequired[int]
    """Replicas; one of them is the leader."""
    expander: NotRequired[str]
    """Strategy for the choice among groups that could grow."""
    idle_minutes: NotRequired[int]
    """Minutes for which a node is unneeded before it is removed."""
    idle_percent: NotRequired[int]
    """Percent of a node's CPU and memory: with lower requests the node is unneeded, if its pods fit elsewhere."""


class CertManagerSettings(TypedDict):
    """cert-manager: issues and renews certificates."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""
    values: NotRequired[dict[str, Any]]
    """Values of the chart, which override those that Tripod sets."""
    replicas: NotRequired[int]
    """Replicas of its controller, webhook and injector, spread over zones."""


class IssuersSettings(TypedDict):
    """ACME issuer: Let's Encrypt; outside production its staging environment, which no browser trusts."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""
    email: NotRequired[str]
    """Contact address of the Let's Encrypt account."""


class IngressSettings(TypedDict):
    """The ingress, with the only load balancer, for all services of the cluster."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""
    values: NotRequired[dict[str, Any]]
    """Values of the chart, which override those that Tripod sets."""
    kind: NotRequired[str]
    """The proxy behind the load balancer: ingress-nginx, without releases since March 2026, or Cilium's gateway."""
    replicas: NotRequired[int]
    """Replicas of ingress-nginx, spread over zones. A gateway runs on every node."""
    internal: NotRequired[bool]
    """If true, the load balancer is reached from the VPC alone."""
    source_ranges: NotRequired[list[str]]
    """Source ranges that may connect."""
    proxy_protocol: NotRequired[bool]
    """If true, load balancer and proxy pass clients' addresses by PROXY protocol."""


class ExternalDnsSettings(TypedDict):
    """DNS records of services in one zone."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""
    values: NotRequired[dict[str, Any]]
    """Values of the chart, which override those that Tripod sets."""
    policy: NotRequired[str]
    """With sync, a name is deleted with its service. Names that others wrote are never changed."""


class TeamNamespaceSettings(TypedDict):
    """A team's namespace, with default-deny in both directions."""

    name: str
    """Its name."""
    level: NotRequired[str]
    """Pod Security level."""
    memory: NotRequired[str]
    """Default memory limit of a container."""
    quota: NotRequired[dict[str, str]]
    """Resource quota of all its pods, such as requests.memory: 8Gi."""
    service_accounts: NotRequired[list[str]]
    """Service accounts whose pods pull with the namespace's registry credentials."""
    registries: NotRequired[list[str]]
    """The registries that its images come from, of those listed in registries."""


class RegistrySettings(TypedDict):
    """A registry that requires credentials."""

    name: str
    """Its name in these settings."""
    server: str
    """Its host, as images' names begin."""
    credentials: SecretSourceSettings
    """JSON with username and password."""


class NamespacesSettings(TypedDict):
    """Namespaces of teams."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""
    teams: NotRequired[list[TeamNamespaceSettings]]
    """The namespaces."""
    registries: NotRequired[list[RegistrySettings]]
    """Registries that require credentials."""


class CloudWatchLogsSettings(TypedDict):
    """Logs in a log group of the cluster's own."""

    retention_days: NotRequired[int]
    """Days that they are kept."""


class MezmoSettings(TypedDict):
    """Logs in Mezmo (LogDNA)."""

    host: NotRequired[str]
    """Its ingestion host."""
    tags: NotRequired[list[str]]
    """Further tags of every line, beside the cluster's name."""
    ingestion_key: SecretSourceSettings
    """The ingestion key."""


class SearchSettings(TypedDict):
    """Logs in Elasticsearch or OpenSearch, over TLS."""

    host: str
    """Its host name."""
    port: NotRequired[int]
    """Its port."""
    index: NotRequired[str]
    """Prefix of the indices, one a day."""
    user: NotRequired[str]
    """User that writes; by default no authentication."""
    password: NotRequired[SecretSourceSettings]
    """That user's password."""


class OpenSearchSettings(TypedDict):
    """Logs in OpenSearch, over TLS."""

    host: str
    """Its host name."""
    port: NotRequired[int]
    """Its port."""
    index: NotRequired[str]
    """Prefix of the indices, one a day."""
    user: NotRequired[str]
    """User that writes; by default no authentication."""
    password: NotRequired[SecretSourceSettings]
    """That user's password."""
    domain_arn: NotRequired[str]
    """The domain's ARN, of Amazon OpenSearch Service: pods then log in with a role of their own, and no password."""


class KafkaSettings(TypedDict):
    """Logs in a topic of Kafka."""

    brokers: list[str]
    """Brokers, as host:port; several."""
    topic: NotRequired[str]
    """The topic."""
    tls: NotRequired[bool]
    """If true, connections to brokers use TLS."""
    user: NotRequired[str]
    """User that writes (SASL); by default no authentication."""
    password: NotRequired[SecretSourceSettings]
    """That user's password."""
    mechanism: NotRequired[str]
    """SASL mechanism."""


class LoggingSettings(TypedDict):
    """Logs of containers, kubelets, containerd and API servers, collected on every node."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""
    backend: NotRequired[str]
    """Log back end; its settings are in the section of its name."""
    cloudwatch: NotRequired[CloudWatchLogsSettings]
    """A log group of the cluster's own."""
    mezmo: NotRequired[MezmoSettings]
    """Mezmo (LogDNA)."""
    elasticsearch: NotRequired[SearchSettings]
    """Elasticsearch."""
    opensearch: NotRequired[OpenSearchSettings]
    """OpenSearch."""
    kafka: NotRequired[KafkaSettings]
    """Kafka."""
    audit: NotRequired[bool]
    """If true, the API servers' audit logs are collected."""
    buffer_mib: NotRequired[int]
    """Buffer of a node in MiB while the back end refuses logs; beyond it the oldest are dropped."""


class RemoteWriteSettings(TypedDict):
    """Metrics in a back end with Prometheus' remote write: Mimir, Thanos, Amazon Managed Prometheus."""

    url: str
    """Its address: https://…"""
    user: NotRequired[str]
    """User that writes; by default no basic authentication."""
    password: NotRequired[SecretSourceSettings]
    """That user's password."""
    token: NotRequired[SecretSourceSettings]
    """A bearer token, instead of a user."""
    workspace_arn: NotRequired[str]
    """The workspace's ARN, of Amazon Managed Prometheus: pods then log in with a role of their own."""


class DatadogSettings(TypedDict):
    """Metrics in Datadog."""

    site: NotRequired[str]
    """Datadog's site."""
    api_key: SecretSourceSettings
    """The API key."""


class AlertsSettings(TypedDict):
    """Thresholds of alerts."""

    runbooks: NotRequired[str]
    """The address of the page with the action for each alert (docs/alerts.md); the alert's name is appended."""
    restarts_per_day: NotRequired[int]
    """Restarts of a container within a day."""
    out_of_memory_per_day: NotRequired[int]
    """Restarts within a day of a container that was last killed because it had used all of its memory; and processes
    killed on a node."""
    not_ready_minutes: NotRequired[int]
    """Minutes for which a node is not ready."""
    fsync_milliseconds: NotRequired[int]
    """Milliseconds that a member of etcd takes to write its log to disk, in the slowest of a hundred writes."""
    commit_milliseconds: NotRequired[int]
    """Milliseconds that a member of etcd takes to commit to its database, likewise."""
    leader_changes_per_hour: NotRequired[int]
    """Changes of etcd's leader within an hour."""
    etcd_quota_percent: NotRequired[int]
    """Percent of its quota that etcd's database uses. At 100, etcd refuses writes."""
    volume_free_percent: NotRequired[int]
    """Percent of a pod's volume, or of a node's own disk, that is free."""
    certificate_days: NotRequired[int]
    """Days until a certificate expires. Automatic renewal is earlier."""
    replaced_hours: NotRequired[int]
    """Hours for which the alert on a replaced instance fires."""
    backup_hours: NotRequired[int]
    """Age of the newest backup of etcd, in hours; more than the interval between two."""
    api_error_percent: NotRequired[int]
    """Answers of the API servers that are errors of theirs, in percent."""
    api_seconds: NotRequired[int]
    """Seconds that the API servers take to answer, in the slowest of a hundred requests."""
    database_free_gib: NotRequired[int]
    """Free storage of a database in GiB."""
    database_cpu_percent: NotRequired[int]
    """CPU use of a database in percent."""
    database_connections: NotRequired[int]
    """Connections to a database. Its own limit depends on its size: choose a lower one."""


class MetricsSettings(TypedDict):
    """Metrics of nodes, pods, etcd and the control plane, and alerts on them."""

    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, anything else is replaced, null removes."""
    remote_write: NotRequired[RemoteWriteSettings]
    """Prometheus' remote write; without it, and without datadog, nothing collects metrics."""
    datadog: NotRequired[DatadogSettings]
    """Datadog, instead or beside."""
    interval_seconds: NotRequired[int]
    """Seconds between two scrapes; CloudWatch is read every five minutes."""
    load_balancers: NotRequired[bool]
    """If true, target health of the cluster's load balancers is read from CloudWatch."""
    databases: NotRequired[list[str]]
    """Identifiers of RDS instances in the cluster's account and region whose CloudWatch metrics are read."""
    rules: NotRequired[str]
    """Format of alert rules in the cluster: a file in a ConfigMap, or an object of the Prometheus operator."""
    alerts: NotRequired[AlertsSettings]
    """Thresholds of alerts."""


class AddOnsSettings(TypedDict):
    """Add-ons of the cluster."""

    charts: NotRequired[ChartsSettings]
    """Source of Helm charts."""
    without: NotRequired[list[str]]
    """Add-ons that are not installed, such as metricsServer."""
    zones: NotRequired[ZonesSettings]
    """Hosted zones for names of services."""
    policies: NotRequired[PoliciesSettings]
    """Admission policies."""
    gateway_api: NotRequired[GatewayApiSettings]
    """Definitions of the Gateway API; installed with ingress.kind: gateway."""
    cilium: NotRequired[CiliumSettings]
    """Cilium; installed with network.cni: cilium."""
    aws_vpc_cni: NotRequired[AwsVpcCniSettings]
    """The AWS VPC CNI; installed with network.cni: aws-vpc."""
    kube_proxy: NotRequired[KubeProxySettings]
    """kube-proxy; installed with network.cni: aws-vpc."""
    cloud_controller: NotRequired[CloudControllerSettings]
    """AWS cloud controller manager: nodes and load balancers."""
    core_dns: NotRequired[CoreDnsSettings]
    """The cluster's DNS."""
    egress_probe: NotRequired[EgressProbeSettings]
    """A job that checks that pods reach DNS, AWS and the API."""
    snapshot_controller: NotRequired[SnapshotControllerSettings]
    """Snapshots of volumes."""
    ebs_csi: NotRequired[EbsCsiSettings]
    """Volumes for pods."""
    metrics_server: NotRequired[MetricsServerSettings]
    """Resource use of pods and nodes, for autoscaling and `kubectl top`."""
    cluster_autoscaler: NotRequired[ClusterAutoscalerSettings]
    """Autoscaler of worker groups."""
    cert_manager: NotRequired[CertManagerSettings]
    """cert-manager: issues and renews certificates."""
    issuers: NotRequired[IssuersSettings]
    """Issuers of certificates; installed with a public zone."""
    ingress: NotRequired[IngressSettings]
    """The ingress, with the only load balancer."""
    external_dns_public: NotRequired[ExternalDnsSettings]
    """DNS records in the public zone; installed if there is one."""
    external_dns_private: NotRequired[ExternalDnsSettings]
    """DNS records in the private zone."""
    namespaces: NotRequired[NamespacesSettings]
    """Namespaces of teams."""
    logging: NotRequired[LoggingSettings]
    """Logs of containers, kubelets, containerd and API servers, collected on every node."""
    metrics: NotRequired[MetricsSettings]
    """Metrics of nodes, pods, etcd and the control plane, and alerts on them."""


class ClusterFactsArgs(TypedDict):
    """Facts of the cluster that an add-on runs in; ``Cluster.facts()`` returns them, and any program can write them."""

    cluster_name: str
    """The cluster's name."""
    environment: str
    """Environment that it serves. Only production gets certificates that browsers trust."""
    region: str
    """Its region."""
    zones: list[str]
    """Its zones."""
    tags: dict[str, str]
    """Tags of AWS resources that add-ons create."""
    vpc_cidr: str
    """The range of its VPC."""
    pod_cidr: str
    """The range of its pods."""
    service_cidr: str
    """The range of its Services."""
    node_ranges: list[str]
    """The ranges of its workers' subnets."""
    control_ranges: list[str]
    """The ranges of its etcd members' and control-plane nodes' subnets."""
    cni: str
    """Its network plugin: cilium or aws-vpc."""
    kubernetes: str
    """Its Kubernetes version."""
    ha: str
    """The failure that it survives: of a zone or of a node."""
    etcd_members: dict[str, str]
    """Member of etcd → its address."""
    etcd_metrics: bool
    """If true, workers may scrape the members' metrics."""
    image_mirrors: NotRequired[dict[str, str]]
    """Registry → its mirror."""
    charts: NotRequired[ChartsSettings]
    """Source of Helm charts; by default the project of each."""
    api_endpoint: pulumi.Input[str]
    """The API's name and port within the VPC."""
    vpc_id: pulumi.Input[str]
    """Its VPC."""
    issuer_url: pulumi.Input[str]
    """The issuer of its service-account tokens."""
    issuer_provider_arn: pulumi.Input[str]
    """ARN of the issuer's OIDC provider in IAM."""
    accepted_providers: NotRequired[dict[str, str]]
    """Further issuers, while the issuer changes: URL → ARN of the provider."""
    volume_key_arn: pulumi.Input[str]
    """The KMS key of its disks."""
    internal_zone: NotRequired[str]
    """The private zone of its VPC's names; without it, and without another, no service has a private name."""
    internal_zone_id: NotRequired[pulumi.Input[str]]
    """That zone's id."""
    reserved_names: NotRequired[list[str]]
    """Names, with all names within them, that no add-on writes in a private zone: the API's, and those of databases."""
    load_balancers: NotRequired[list[str]]
    """Load balancers of Services that its security groups let reach the workers. Default: public and internal."""
    gateway: NotRequired[bool]
    """If true, the network plugin serves the Gateway of the ingress. Default: false."""
    gateway_proxy_protocol: NotRequired[bool]
    """If true, connections to that Gateway begin with a PROXY header. Default: false."""
    snapshot_bucket: NotRequired[pulumi.Input[str]]
    """The bucket of etcd's snapshots; without it, the age of the newest is not checked."""
    control_plane_nodes: NotRequired[int]
    """The control-plane nodes that must have registered before anything is installed. Default: 0, nothing waits."""
    tunnel_port: NotRequired[int]
    """The local port that the kubeconfig leads to, where each run opens a tunnel through Session Manager to a
    control-plane node. Default: 0, none is opened."""


class TargetSettings(TypedDict):
    """A load balancer as the target of a name."""

    dns_name: str
    """Its DNS name. Never an address: AWS may change it."""
    hosted_zone_id: NotRequired[str]
    """Its hosted zone in ELB, for an alias; by default the record is a CNAME."""


class CutoverHealthSettings(TypedDict):
    """HTTP health check of the new side."""

    path: NotRequired[str]
    """The path; a status from 200 to 399 is healthy."""
    scheme: NotRequired[str]
    """The scheme; with https the certificate must be valid for the name."""
    port: NotRequired[int]
    """The port; by default the scheme's."""
    route53: NotRequired[bool]
    """If true, Route 53 checks it too, from the Internet. Turn it off for a private zone, which it cannot reach."""


class CutoverSettings(TypedDict):
    """A name whose traffic moves from an old load balancer to the cluster, by weights, in steps."""

    name: str
    """Its name, in resource names and for `tripod cutover`."""
    host: str
    """The name that moves, such as shop.example.com."""
    zone: str
    """The name of the hosted zone, such as example.com."""
    zone_id: str
    """The id of the hosted zone."""
    stage: NotRequired[str]
    """The declared records: test, the test name alone; weights, both sides' too; finished, the new side alone."""
    test_host: str
    """A name for the new side alone, whatever the weights: test it before any traffic moves."""
    test_zone_id: NotRequired[str]
    """The id of the test name's zone, if it is another."""
    old: NotRequired[TargetSettings]
    """The old load balancer; omit it once the cut-over is finished."""
    new: NotRequired[TargetSettings]
    """The cluster's load balancer; in a stack file by default its ingress', until stage: finished."""
    steps: NotRequired[list[int]]
    """The new side's share after each step, in percent."""
    hold_minutes: NotRequired[int]
    """Minimum minutes before the next step. By default a day: about a week in all."""
    lowered_ttl: NotRequired[int]
    """Record TTL in seconds during the cut-over. An alias always has AWS' 60 seconds."""
    ttl: NotRequired[int]
    """Record TTL in seconds once the cut-over is finished."""
    keep_days: NotRequired[int]
    """Days to keep the old side after its weight is 0: not all caches respect a TTL."""
    health: NotRequired[CutoverHealthSettings]
    """HTTP health check of the new side."""


class SecretKeySettings(TypedDict):
    """A key of a Secret in the same namespace."""

    secret: str
    """The Secret's name."""
    key: str
    """The key in it."""


class ContainerResourcesSettings(TypedDict):
    """Resource requests and limits of a container."""

    cpu: str
    """Its processor request, such as 100m."""
    memory: str
    """Its memory request, such as 128Mi."""
    memory_limit: NotRequired[str]
    """Its memory limit; by default its request."""


class ProbeSettings(TypedDict):
    """An HTTP probe of a container."""

    path: str
    """The path; a status from 200 to 399 is a success."""
    port: NotRequired[int]
    """The port; by default the service's."""
    period_seconds: NotRequired[int]
    """Seconds between two probes."""
    failure_threshold: NotRequired[int]
    """Consecutive failures until the probe counts as failed."""
    initial_delay_seconds: NotRequired[int]
    """Seconds before the first probe."""


class ReplicasSettings(TypedDict):
    """The number of pods."""

    minimum: NotRequired[int]
    """The minimum."""
    maximum: NotRequired[int]
    """The maximum."""
    cpu_percent: NotRequired[int]
    """Target processor use, in percent of the request; above it pods are added."""


class WebServiceSettings(TypedDict):
    """An HTTP service."""

    name: str
    """The service's name."""
    namespace: str
    """Its namespace, which must exist."""
    port: NotRequired[int]
    """The container's port."""
    arguments: NotRequired[list[str]]
    """The container's arguments; by default its image's."""
    environment: NotRequired[dict[str, str]]
    """Environment variables. Never a secret."""
    secret_environment: NotRequired[dict[str, SecretKeySettings]]
    """Environment variables from keys of Secrets."""
    resources: ContainerResourcesSettings
    """Resource requests and limits of a container."""
    readiness: ProbeSettings
    """The readiness probe: decides if it gets requests."""
    liveness: ProbeSettings
    """The liveness probe: decides if it must be restarted."""
    user: NotRequired[int]
    """The user id of its processes; never root (0)."""
    image_pull_secrets: NotRequired[list[str]]
    """Secrets of its namespace with credentials of the image's registry; none for a public one."""
    internet: NotRequired[bool]
    """If true, it may connect to the Internet by HTTPS (port 443)."""
    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, other values replaced, null removes a key."""
    hosts: NotRequired[list[str]]
    """Its host names for clients outside the cluster; [] for a service that only the cluster calls. By default
    <name>.<namespace>.<cluster>.<zone> of a private service, where the cluster's private zone is known and its load
    balancers are internal; else none."""
    visibility: NotRequired[str]
    """The DNS zone for its hosts: the private or the public one."""
    ingress: NotRequired[str]
    """The cluster's ingress controller, as in addOns.ingress."""
    issuer: NotRequired[str]
    """The cluster issuer of a certificate of its own, through ingress-nginx; by default the ingress' certificate."""
    image: str
    """Its image, by digest."""
    replicas: NotRequired[ReplicasSettings]
    """The number of pods."""


class BlueGreenSettings(TypedDict):
    """A service with two sides, one of them live."""

    name: str
    """The service's name."""
    namespace: str
    """Its namespace, which must exist."""
    port: NotRequired[int]
    """The container's port."""
    arguments: NotRequired[list[str]]
    """The container's arguments; by default its image's."""
    environment: NotRequired[dict[str, str]]
    """Environment variables. Never a secret."""
    secret_environment: NotRequired[dict[str, SecretKeySettings]]
    """Environment variables from keys of Secrets."""
    resources: ContainerResourcesSettings
    """Resource requests and limits of a container."""
    readiness: ProbeSettings
    """The readiness probe: decides if it gets requests."""
    liveness: ProbeSettings
    """The liveness probe: decides if it must be restarted."""
    user: NotRequired[int]
    """The user id of its processes; never root (0)."""
    image_pull_secrets: NotRequired[list[str]]
    """Secrets of its namespace with credentials of the image's registry; none for a public one."""
    internet: NotRequired[bool]
    """If true, it may connect to the Internet by HTTPS (port 443)."""
    overrides: NotRequired[dict[str, dict[str, Any]]]
    """Kind/name of an object → overrides: mappings are merged, other values replaced, null removes a key."""
    hosts: NotRequired[list[str]]
    """Its host names for clients outside the cluster; [] for a service that only the cluster calls. By default
    <name>.<namespace>.<cluster>.<zone> of a private service, where the cluster's private zone is known and its load
    balancers are internal; else none."""
    visibility: NotRequired[str]
    """The DNS zone for its hosts: the private or the public one."""
    ingress: NotRequired[str]
    """The cluster's ingress controller, as in addOns.ingress."""
    issuer: NotRequired[str]
    """The cluster issuer of a certificate of its own, through ingress-nginx; by default the ingress' certificate."""
    blue: str
    """The image of one side, by digest."""
    green: str
    """The image of the other."""
    live: str
    """The side that serves requests. The other is kept ready."""
    replicas: NotRequired[int]
    """The number of pods of each side."""


class DatabaseBindingSettings(TypedDict):
    """A name for a database in the cluster."""

    name: str
    """Its name for applications of the namespace."""
    namespace: str
    """The namespace of the applications."""
    port: NotRequired[int]
    """Its port."""
    ranges: list[str]
    """The ranges of its subnets, which the policies allow."""
    used_by: list[str]
    """The services that use it."""


class ServiceRefSettings(TypedDict):
    """A reference to a service of a WebService or BlueGreen."""

    name: str
    """The service's name."""
    namespace: str
    """Its namespace."""


class AllowCallsSettings(TypedDict):
    """A permission for one service to call another, but not the reverse."""

    caller: ServiceRefSettings
    """The service that calls."""
    callee: ServiceRefSettings
    """The service that is called."""
    port: NotRequired[int]
    """The callee's port."""
