"""Settings of workloads, as a team writes them."""

from typing import Any

DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGE = f"registry.example.com/shop/web@{DIGEST}"

PODS: dict[str, Any] = {
    "name": "web",
    "namespace": "shop",
    "resources": {"cpu": "100m", "memory": "128Mi"},
    "readiness": {"path": "/ready"},
    "liveness": {"path": "/live"},
}
SERVICE: dict[str, Any] = {**PODS, "image": IMAGE, "hosts": ["shop.example.com", "www.shop.example.com"]}
SIDES: dict[str, Any] = {**PODS, "blue": IMAGE, "green": IMAGE.replace("0123", "3210"), "live": "blue"}
BINDING: dict[str, Any] = {"name": "orders", "namespace": "shop", "ranges": ["10.91.0.0/24"], "used_by": ["web"]}
CALLS: dict[str, Any] = {
    "caller": {"name": "web", "namespace": "shop"},
    "callee": {"name": "orders", "namespace": "back"},
}
