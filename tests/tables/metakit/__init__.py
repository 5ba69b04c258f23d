"""Tests of reading Metakit's own files."""
