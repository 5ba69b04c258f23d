"""Views that are derived from views."""
