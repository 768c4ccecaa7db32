"""Statistics that several analyses share. Arrays in, arrays out; no files."""
