"""The egress probe."""
