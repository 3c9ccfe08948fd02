"""Pictures and pages of one recording."""
