"""Adapters: what outlive replaces, under its own names and with its own behaviour."""
