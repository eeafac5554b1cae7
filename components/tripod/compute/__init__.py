"""Instance types, images, disks and launch templates."""
