"""Training: a configuration in, a record out. Never imports ``analysis``."""
