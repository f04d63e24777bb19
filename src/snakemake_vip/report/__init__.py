"""A study to look at: what ran, where the time went, what failed, what came out."""
