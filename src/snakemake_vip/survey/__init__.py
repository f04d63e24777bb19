"""A study seen from outside: before it begins, and while it runs."""
