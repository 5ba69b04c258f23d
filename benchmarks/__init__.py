"""How long outlive and its peers take to commit and to load; run by `make bench`."""
