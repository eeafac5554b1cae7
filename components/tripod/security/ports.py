"""Port numbers of the cluster's services."""

API_SERVER = 6443
ETCD_CLIENT = 2379
ETCD_PEER = 2380
ETCD_METRICS = 2381
KUBELET = 10250
CILIUM_VXLAN = 8472
CILIUM_HEALTH = 4240
HTTPS = 443
HTTP = 80
HIGHEST_PORT = 65535
POSTGRES = 5432
NODE_PORTS = (30000, 32767)
"""The first and the last port of Services on nodes, their health checks' included: the API server's default range."""
SSH = 22
"""Never open: `tripod verify` reports any rule that allows it."""
