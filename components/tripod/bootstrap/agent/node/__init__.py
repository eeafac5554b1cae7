"""Kubernetes nodes: container runtime, kubelet, kubeadm."""
