"""Where nodes get their binaries and images from, each pinned."""
