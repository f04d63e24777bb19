"""Runs of one request side by side: what is the same, and how far apart the rest is."""
