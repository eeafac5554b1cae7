"""The boot agent, which runs on every instance from its first boot on."""
