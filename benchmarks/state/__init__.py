"""How long `outlive.State` and its peers take to keep changes, to read, and to open."""
