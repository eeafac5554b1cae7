"""The AWS cloud controller manager."""
