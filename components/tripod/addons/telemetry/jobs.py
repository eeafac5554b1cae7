"""Names of scrape jobs, shared by alert rules and the collectors' configuration."""

KUBE_STATE_METRICS = "kube-state-metrics"
NODE_EXPORTER = "node-exporter"
KUBELET = "kubelet"
CADVISOR = "cadvisor"
ETCD = "etcd"
API_SERVER = "apiserver"
CONTROLLER_MANAGER = "kube-controller-manager"
SCHEDULER = "kube-scheduler"
PODS = "pods"
CLOUDWATCH = "cloudwatch"

NAMESPACE = "monitoring"
"""Namespace of collectors and exporters."""

BACKUP_CHECK = "etcd-backup-age"
"""The CronJob that checks the age of the newest backup."""

BACKUP_CHECK_MINUTES = 30
"""Minutes between two runs."""
