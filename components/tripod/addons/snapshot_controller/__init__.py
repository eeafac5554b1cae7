"""The volume snapshot controller."""
