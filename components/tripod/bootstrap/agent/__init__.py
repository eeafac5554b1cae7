"""The boot agent: what runs on an instance, of whatever role, from its first boot on."""
