"""Readers for the public heart-sound sets."""
