"""Reads records and tables; never imports torch."""
