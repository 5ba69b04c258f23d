"""`State`: a live document in a YAML file."""
