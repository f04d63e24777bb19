"""Pipelines of VIP as rules of the user's own workflow."""
