"""DNS names that move by weights, in a program of their own: `tripod cutover dev shop --cluster shop` moves them."""

from typing import Any, cast

import pulumi

from tripod import WeightedCutover, WeightedCutoverArgs

TAGS = {"project": "names", "owner": "platform", "environment": "dev"}

urls: dict[str, pulumi.Output[str]] = {}
for values in cast("list[dict[str, Any]]", pulumi.Config().require_object("cutovers")):
    args = cast("WeightedCutoverArgs", {**values, "cluster_name": "shop", "tags": TAGS})
    urls[values["name"]] = WeightedCutover(values["name"], args).test_url

pulumi.export("testUrls", urls)
