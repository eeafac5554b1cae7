"""What several tiers of tests need."""
