"""What a pipeline takes and gives: its descriptor, the settings, the jobs they make."""
