"""S3 buckets: boot payloads and etcd snapshots."""
