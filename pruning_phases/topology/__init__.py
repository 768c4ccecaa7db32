"""Masks as graphs."""
