"""Tests of `outlive.Safe`."""
