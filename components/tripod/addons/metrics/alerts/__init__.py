"""Alert rules, as data: what is worth waking somebody for, or worth a look in the morning, and what to do then."""
