"""A local VIP. Shares no code with the client, so that neither can hide the other's mistake."""
