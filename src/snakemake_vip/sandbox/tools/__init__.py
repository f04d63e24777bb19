"""What the sandbox's own pipelines run: real work on MRI, as commands that know nothing of VIP."""
