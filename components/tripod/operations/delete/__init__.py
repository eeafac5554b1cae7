"""Taking a cluster down: what Kubernetes made goes first, what holds data stays, what is not ours is spared."""
