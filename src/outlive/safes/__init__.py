"""A durable dict of any Python objects, on an engine."""
