"""Executions on VIP: written down before they are asked for, launched once, found again."""
