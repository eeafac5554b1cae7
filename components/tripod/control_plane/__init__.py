"""The control plane: settings, nodes, the API endpoint and the kubeconfig."""
