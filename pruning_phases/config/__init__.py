"""Configuration of runs and commands: keys, their facts, checks, identity, help."""
