"""Scores, schedules and the exact cut."""
