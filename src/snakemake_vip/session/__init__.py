"""A session: one pipeline on one dataset with one set of parameters, in five steps."""
