"""cert-manager and its issuers."""
