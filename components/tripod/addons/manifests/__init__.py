"""The objects of typed add-ons, as pure functions of the platform and the add-on's settings."""
