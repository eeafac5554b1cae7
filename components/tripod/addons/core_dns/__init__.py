"""CoreDNS."""
