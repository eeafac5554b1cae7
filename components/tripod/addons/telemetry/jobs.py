"""What is scraped: the name of each job, which rules and the collectors' configuration share."""

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
"""Where all that observes lives."""

BACKUP_CHECK = "etcd-backup-age"
"""The CronJob that looks how old the newest backup is."""

BACKUP_CHECK_MINUTES = 30
"""How often it looks."""
