"""The tests of the command `outlive`, as it is installed: in pipes and in a terminal."""
