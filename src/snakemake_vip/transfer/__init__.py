"""Files between this machine and VIP: verified, streamed, in parallel."""
