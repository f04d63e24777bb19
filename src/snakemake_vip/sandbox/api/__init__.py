"""The REST API of VIP, and the sandbox's own control API."""
