"""Tests of outlive.disk, with a file system that loses what was not synced."""
