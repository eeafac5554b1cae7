"""Host the components for programs in any language: `pulumi package add <this repository>/components@<version>`."""

from importlib.metadata import version

from pulumi.provider.experimental import component_provider_host

from tripod.provider import COMPONENTS, PACKAGE

if __name__ == "__main__":
    component_provider_host(list(COMPONENTS), PACKAGE, version=version("tripod-kubernetes"))
