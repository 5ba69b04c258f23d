"""How long `outlive.Storage` and its peers take to fill tables, to ask them, and to set a cell."""
