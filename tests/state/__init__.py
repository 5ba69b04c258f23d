"""Tests of `outlive.State`."""
