"""A study: its configuration, read and found sound, and the way to its platform."""
