"""What all admin pages stand on: lists of large tables paged by key, and read-only pages."""
