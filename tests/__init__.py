"""The tests of outlive; the stand-in for the file system is in tests/disk/faulty.py."""
