"""Settings of each place where logs may go."""

from typing import Any

KEY = {"secretName": "shop/logs"}

BACKENDS: dict[str, dict[str, Any]] = {
    "cloudwatch": {"backend": "cloudwatch"},
    "mezmo": {"backend": "mezmo", "mezmo": {"ingestionKey": KEY, "tags": ["eu"]}},
    "elasticsearch": {
        "backend": "elasticsearch",
        "elasticsearch": {"host": "search.example.com", "port": 9243, "user": "writer", "password": KEY},
    },
    "opensearch": {
        "backend": "opensearch",
        "opensearch": {
            "host": "logs.us-west-2.es.amazonaws.com",
            "domainArn": "arn:aws:es:us-west-2:123456789012:domain/logs",
        },
    },
    "kafka": {
        "backend": "kafka",
        "kafka": {"brokers": ["b1.example.com:9096", "b2.example.com:9096"], "user": "writer", "password": KEY},
    },
}
