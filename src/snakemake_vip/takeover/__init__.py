"""Sessions of the official client, taken over: what it sent and launched counts as ours."""
