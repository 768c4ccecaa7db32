"""Training of one run: a configuration comes in, a record goes out. Never imports ``analysis``."""
