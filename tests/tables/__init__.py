"""Typed tables."""
