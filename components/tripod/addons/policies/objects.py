"""ValidatingAdmissionPolicies of the cluster, and their bindings.

The policies on pods exempt system namespaces: kube-system, and those of Pod Security level privileged, which only an
administrator sets. The policy on load balancers applies everywhere.
"""

from collections.abc import Sequence

from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import config_map, metadata
from tripod.security.ports import NODE_PORTS

PART_OF = "policies"
PARAMETERS, PARAMETERS_NAMESPACE = "load-balancers", "kube-system"
"""The ConfigMap that lists the Services that may be load balancers, and its namespace."""

HOST_PORTS, PRIVILEGED, IMAGES, LIMITS = "host-ports", "privileged-pods", "image-versions", "memory-limits"
LOAD_BALANCERS = "load-balancers"

_LOAD_BALANCER = "service.beta.kubernetes.io/aws-load-balancer"
TARGET_GROUP_ATTRIBUTES = f"{_LOAD_BALANCER}-target-group-attributes"
HEALTH_CHECK_PORT = f"{_LOAD_BALANCER}-healthcheck-port"
"""Annotations of Services for the cloud controller."""

_GROUP = "admissionregistration.k8s.io/v1"

_PODS = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"]}
_EPHEMERAL_CONTAINERS = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods/ephemeralcontainers"]}
_TEMPLATES = [
    {"apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments", "daemonsets", "statefulsets"]},
    {"apiGroups": ["batch"], "apiVersions": ["v1"], "resources": ["jobs", "cronjobs"]},
]
_SERVICES = {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["services"]}

# Templates are validated as well as pods, so that a team gets the error when it deploys, and not by an event later.
_POD = (
    "dyn(object).kind == 'Pod' ? dyn(object).spec : dyn(object).kind == 'CronJob' ? "
    "dyn(object).spec.jobTemplate.spec.template.spec : dyn(object).spec.template.spec"
)
_CONTAINERS = (
    "variables.pod.containers + variables.pod.?initContainers.orValue([])"
    " + variables.pod.?ephemeralContainers.orValue([])"
)
_NO_HOST_PORT = "variables.containers.all(c, !has(c.ports) || c.ports.all(p, !has(p.hostPort) || p.hostPort == 0))"
_NO_HOST_NETWORK = "!has(variables.pod.hostNetwork) || !variables.pod.hostNetwork"
_UNPRIVILEGED = (
    "variables.containers.all(c, !has(c.securityContext) ||"
    " !has(c.securityContext.privileged) || !c.securityContext.privileged)"
)
_NO_HOST_PROCESSES = (
    "(!has(variables.pod.hostPID) || !variables.pod.hostPID) && (!has(variables.pod.hostIPC) || !variables.pod.hostIPC)"
)
_IMAGE_VERSION = (
    "variables.containers.all(c, c.image.contains('@sha256:') ||"
    " (c.image.matches(':[^:/]+$') && !c.image.endsWith(':latest')))"
)
_MEMORY_LIMIT = (
    "variables.containers.all(c, has(c.resources) && has(c.resources.limits) && 'memory' in c.resources.limits)"
)
_LISTED_LOAD_BALANCER = (
    "!variables.balanced ||"
    " (object.metadata.namespace + '/' + object.metadata.name) in params.data.services.split('\\n')"
)
# The cloud controller reads attributes as Go does: by commas, trimmed (cloud-provider-aws 1.36.1, aws_loadbalancer.go,
# getKeyValuePropertiesFromAnnotation); of a key that is there twice it takes the last.
_ATTRIBUTES = f"object.metadata.?annotations[?'{TARGET_GROUP_ATTRIBUTES}'].orValue('').split(',').map(a, a.trim())"
_CLIENT_IP = "preserve_client_ip.enabled"
_NO_CLIENT_ADDRESSES = (
    f"!variables.balanced || ('{_CLIENT_IP}=false' in variables.attributes &&"
    f" variables.attributes.all(a, !a.startsWith('{_CLIENT_IP}') || a == '{_CLIENT_IP}=false'))"
)
_ANNOTATE = (
    "a load balancer with its clients' addresses, which nodes do not let in: annotate it with"
    f" {TARGET_GROUP_ATTRIBUTES}: {_CLIENT_IP}=false and {_LOAD_BALANCER}-type: nlb"
)
_TCP_ALONE = "!variables.balanced || object.spec.?ports.orValue([]).all(p, p.?protocol.orValue('TCP') == 'TCP')"
_CHECKED_ON_NODE_PORT = (
    "!variables.balanced || variables.checked in ['', 'traffic-port'] || (variables.checked.matches('^[0-9]{1,5}$')"
    f" && int(variables.checked) >= {NODE_PORTS[0]} && int(variables.checked) <= {NODE_PORTS[1]})"
)
_LOAD_BALANCER_RULES = (
    (
        _LISTED_LOAD_BALANCER,
        "a second load balancer: add a host to an Ingress or a route; every load balancer costs",
    ),
    # Security groups let load balancers' own addresses in to nodes, and no others: see security/matrix.py.
    (_NO_CLIENT_ADDRESSES, _ANNOTATE),
    # It keeps its clients' addresses whatever the attribute says.
    (_TCP_ALONE, "a load balancer of another protocol than TCP: nodes do not let its clients' addresses in"),
    (_CHECKED_ON_NODE_PORT, f"a health check on a port that nodes do not open: leave {HEALTH_CHECK_PORT} out"),
)


def policies(load_balancers: Sequence[str]) -> list[Manifest]:
    """List the policies and their bindings.

    Args:
        load_balancers: the Services that may be of type LoadBalancer, as ``namespace/name``. Admission validates one
            object and cannot count: that is why they are listed.
    """
    return [
        *_on_pods(
            HOST_PORTS,
            [_PODS, *_TEMPLATES],
            ("CREATE", "UPDATE"),
            (_NO_HOST_PORT, "a port of the node: use a Service, and a host of an Ingress"),
            (_NO_HOST_NETWORK, "the node's network: use a network of the pod's own"),
        ),
        # Namespaces without a Pod Security level are covered, too.
        *_on_pods(
            PRIVILEGED,
            [_PODS, _EPHEMERAL_CONTAINERS, *_TEMPLATES],
            ("CREATE", "UPDATE"),
            (_UNPRIVILEGED, "a privileged container: it would have its node, and what else runs there"),
            (_NO_HOST_PROCESSES, "the node's processes: a pod has processes of its own"),
        ),
        *_on_pods(
            IMAGES,
            [_PODS, _EPHEMERAL_CONTAINERS, *_TEMPLATES],
            ("CREATE", "UPDATE"),
            (_IMAGE_VERSION, "an image without a version: name a tag other than latest, or a digest"),
        ),
        # For pods alone, at creation: a LimitRange has filled in by then what a template leaves out.
        *_on_pods(LIMITS, [_PODS], ("CREATE",), (_MEMORY_LIMIT, "no limit of memory: set resources.limits.memory")),
        *_on_services(load_balancers),
    ]


def _on_pods(
    name: str, resources: Sequence[JsonObject], operations: Sequence[str], *rules: tuple[str, str]
) -> list[Manifest]:
    spec = {
        "matchConstraints": _constraints(resources, operations),
        "variables": [
            {"name": "pod", "expression": _POD},
            {"name": "containers", "expression": _CONTAINERS},
        ],
        "validations": [
            {"expression": expression, "message": message, "reason": "Forbidden"} for expression, message in rules
        ],
    }
    pods_of_teams = {
        "namespaceSelector": {
            "matchExpressions": [
                {"key": "kubernetes.io/metadata.name", "operator": "NotIn", "values": ["kube-system"]},
                {"key": "pod-security.kubernetes.io/enforce", "operator": "NotIn", "values": ["privileged"]},
            ]
        }
    }
    return [_policy(name, spec), _binding(name, {"matchResources": pods_of_teams})]


def _on_services(allowed: Sequence[str]) -> list[Manifest]:
    spec = {
        "paramKind": {"apiVersion": "v1", "kind": "ConfigMap"},
        "matchConstraints": _constraints([_SERVICES], ("CREATE", "UPDATE")),
        "variables": [
            {"name": "balanced", "expression": "object.spec.?type.orValue('ClusterIP') == 'LoadBalancer'"},
            {"name": "attributes", "expression": _ATTRIBUTES},
            {
                "name": "checked",
                "expression": f"object.metadata.?annotations[?'{HEALTH_CHECK_PORT}'].orValue('')",
            },
        ],
        "validations": [
            {"expression": expression, "message": message, "reason": "Forbidden"}
            for expression, message in _LOAD_BALANCER_RULES
        ],
    }
    parameters = {"name": PARAMETERS, "namespace": PARAMETERS_NAMESPACE, "parameterNotFoundAction": "Deny"}
    return [
        config_map(PARAMETERS, PARAMETERS_NAMESPACE, PART_OF, {"services": "\n".join(allowed)}),
        _policy(LOAD_BALANCERS, spec),
        _binding(LOAD_BALANCERS, {"paramRef": parameters}),
    ]


def _constraints(resources: Sequence[JsonObject], operations: Sequence[str]) -> JsonObject:
    return {"resourceRules": [{**one, "operations": [*operations]} for one in resources]}


def _policy(name: str, spec: JsonObject) -> Manifest:
    # Objects that are being deleted are exempt.
    not_deleted = {"name": "stays", "expression": "!has(object.metadata.deletionTimestamp)"}
    return {
        "apiVersion": _GROUP,
        "kind": "ValidatingAdmissionPolicy",
        "metadata": metadata(name, part_of=PART_OF),
        "spec": {"failurePolicy": "Fail", "matchConditions": [not_deleted], **spec},
    }


def _binding(name: str, spec: JsonObject) -> Manifest:
    return {
        "apiVersion": _GROUP,
        "kind": "ValidatingAdmissionPolicyBinding",
        "metadata": metadata(name, part_of=PART_OF),
        "spec": {"policyName": name, "validationActions": ["Deny"], **spec},
    }
