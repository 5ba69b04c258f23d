"""How long `outlive.Safe` and its peers take to read, to set, to load and to open."""
