"""Control-plane nodes."""
