"""Boot of instances: user data, boot documents and the boot agent."""
