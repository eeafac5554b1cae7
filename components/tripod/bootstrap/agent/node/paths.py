"""Paths of Kubernetes' files on a node."""

KUBERNETES = "/etc/kubernetes"
PKI = f"{KUBERNETES}/pki"
MANIFESTS = f"{KUBERNETES}/manifests"
ADMIN = f"{KUBERNETES}/admin.conf"
SUPER_ADMIN = f"{KUBERNETES}/super-admin.conf"
CONTROLLER_MANAGER = f"{KUBERNETES}/controller-manager.conf"
SCHEDULER = f"{KUBERNETES}/scheduler.conf"
KUBELET = f"{KUBERNETES}/kubelet.conf"
BOOTSTRAP_KUBELET = f"{KUBERNETES}/bootstrap-kubelet.conf"
DISCOVERY = f"{KUBERNETES}/discovery.conf"
KUBEADM = f"{KUBERNETES}/kubeadm.yaml"

CLUSTER_CA = f"{PKI}/ca.crt"
ETCD_CA = f"{PKI}/etcd/ca.crt"
ETCD_CLIENT_CERTIFICATE = f"{PKI}/apiserver-etcd-client.crt"
ETCD_CLIENT_KEY = f"{PKI}/apiserver-etcd-client.key"

KUBELET_STATE = "/var/lib/kubelet"
KUBELET_CLIENT = f"{KUBELET_STATE}/pki/kubelet-client-current.pem"

API_SERVER_FILES = f"{KUBERNETES}/apiserver"
"""The API server's configuration files. A folder: a replaced file that is mounted alone is not noticed."""
ENCRYPTION = f"{API_SERVER_FILES}/encryption.json"
AUDIT_POLICY = f"{API_SERVER_FILES}/audit-policy.json"
ADMISSION = f"{API_SERVER_FILES}/admission.json"
AUTHENTICATION = f"{API_SERVER_FILES}/authentication.json"
AUDIT_LOGS = "/var/log/kubernetes/audit"

MARKERS = "/var/lib/tripod"
CONTROL_PLANE_MARKER = f"{MARKERS}/control-plane"
WORKER_MARKER = f"{MARKERS}/worker"
"""Markers of kubeadm's completion on this instance; they hold the cluster's incarnation."""
RIGHTS_MARKER = f"{MARKERS}/rights"
"""The same, once this instance has applied its document's rights."""

API_PORT = 6443
DNS_DOMAIN = "cluster.local"
