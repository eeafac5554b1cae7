"""Operations on a running cluster."""
