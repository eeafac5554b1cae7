"""Cut-over of DNS names by weights."""
