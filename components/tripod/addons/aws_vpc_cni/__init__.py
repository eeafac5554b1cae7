"""The AWS VPC CNI."""
