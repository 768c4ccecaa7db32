"""Commands: words of the command line in, exit codes and lines of text out."""
