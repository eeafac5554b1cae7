"""The EBS CSI driver and its storage classes."""
