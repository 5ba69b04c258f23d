"""The only room of outlive that touches the file system."""
