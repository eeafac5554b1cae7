"""A team's services in a cluster that others run: no part of the cluster is declared here."""

import pulumi
import pulumi_kubernetes as kubernetes

from tripod import AllowCalls, BlueGreen, DatabaseBinding, WebService

# The same images in every stack, by digest; what differs between stacks is configuration.
WEB = "registry.example.com/shop/web@sha256:3f0a377ba0a4a460ecb616f6507ce0d8cfa3e704025d4fda3ed0c5ca05468728"
TILL_BLUE = "registry.example.com/shop/till@sha256:84d0203a2c6b6ff0ca8d7aa1c0a0b4a1a1a4d5cf4db4c8e5a1c2a7a6d3e0b9f1"
TILL_GREEN = "registry.example.com/shop/till@sha256:0b6a027b5cf322f09f6706c754e086a232ec1ddba835c8a15c6cb74ef0d43c29"

config = pulumi.Config()
cluster = kubernetes.Provider("cluster", kubeconfig=config.get_secret("kubeconfig") or "")
in_cluster = pulumi.ResourceOptions(provider=cluster)

web = WebService(
    "web",
    {
        "name": "web",
        "namespace": "shop",
        "image": WEB,
        "hosts": ["shop.example.com"],
        "visibility": "public",
        "resources": {"cpu": "100m", "memory": "128Mi"},
        "readiness": {"path": "/ready"},
        "liveness": {"path": "/live"},
    },
    in_cluster,
)

# Set live to green: the Service is switched when green is ready, in one step. Set it back, and it is back.
till = BlueGreen(
    "till",
    {
        "name": "till",
        "namespace": "shop",
        "blue": TILL_BLUE,
        "green": TILL_GREEN,
        "live": "blue",
        "resources": {"cpu": "100m", "memory": "128Mi"},
        "readiness": {"path": "/ready"},
        "liveness": {"path": "/live"},
    },
    in_cluster,
)

# The web shop may call the till; the till may not call the web shop.
AllowCalls(
    "web-calls-till",
    {"caller": {"name": "web", "namespace": "shop"}, "callee": {"name": "till", "namespace": "shop"}},
    in_cluster,
)

# The till's database, by a name that outlives every address.
DatabaseBinding(
    "orders",
    {
        "name": "orders",
        "namespace": "shop",
        "endpoint": "orders.staging.internal",
        "ranges": ["10.91.0.0/24"],
        "used_by": ["till"],
    },
    in_cluster,
)

pulumi.export("live", till.live)
