"""Ingress: ingress-nginx, or the Gateway API."""
