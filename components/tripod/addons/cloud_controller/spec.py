"""Settings of the cloud controller."""

from tripod.addons.framework.spec import ReleaseSpec


class CloudControllerSpec(ReleaseSpec):
    """AWS' cloud controller manager: node addresses and labels from EC2, and load balancers for Services."""
