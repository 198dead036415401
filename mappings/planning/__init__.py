"""Plans events: from what a vendor told us to the changes that should be made."""
