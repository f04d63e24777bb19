"""What was run, told so that it can be cited, checked and run again."""
