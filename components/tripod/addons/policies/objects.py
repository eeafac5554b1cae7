"""ValidatingAdmissionPolicies of the cluster, and their bindings.

The policies on pods exempt system namespaces: kube-system, and those of Pod Security level privileged, which only an
administrator sets. The policy on load balancers applies everywhere.
"""

from collections.abc import Sequence

from tripod.addons.framework.objects import JsonObject, Manifest
from tripod.addons.framework.pods import config_map, metadata

PART_OF = "policies"
PARAMETERS, PARAMETERS_NAMESPACE = "load-balancers", "kube-system"
"""The ConfigMap that lists the Services that may be load balancers, and its namespace."""

HOST_PORTS, PRIVILEGED, IMAGES, LIMITS = "host-ports", "privileged-pods", "image-versions", "memory-limits"
LOAD_BALANCERS = "load-balancers"

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
    "object.spec.?type.orValue('ClusterIP') != 'LoadBalancer' ||"
    " (object.metadata.namespace + '/' + object.metadata.name) in params.data.services.split('\\n')"
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
        "validations": [
            {
                "expression": _LISTED_LOAD_BALANCER,
                "message": "a second load balancer: add a host to an Ingress or a route; every load balancer costs",
                "reason": "Forbidden",
            }
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
