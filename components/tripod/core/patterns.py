"""Regular expressions of names that several specifications share."""

DNS_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
"""A label of RFC 1123: the name of a namespace, and a part of a host's name."""

ALPHABETIC_LABEL = r"[a-z]([a-z0-9-]{0,61}[a-z0-9])?"
"""A label of RFC 1035, which begins with a letter: the name of a Service, of an RDS instance, a top-level domain."""

HOST_NAME = rf"({DNS_LABEL}\.)*{DNS_LABEL}"
"""A host's name of one label or more."""

DOMAIN = rf"({DNS_LABEL}\.)+{ALPHABETIC_LABEL}"
"""A domain of two labels or more, in lower case, without a dot at its end. An address is none."""
