"""The control plane, its API's load balancer and its configuration."""
