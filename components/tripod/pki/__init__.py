"""Certificate authorities, keys and what is signed with them."""
