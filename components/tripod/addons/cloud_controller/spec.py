"""Settings."""

from tripod.addons.framework.spec import ReleaseSpec


class CloudControllerSpec(ReleaseSpec):
    """AWS' cloud controller: what nodes are in EC2, and load balancers for Services."""
