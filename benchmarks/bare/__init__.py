"""What Crosswalk's webhook is measured against: a view that stores one row, with the same server and settings."""
