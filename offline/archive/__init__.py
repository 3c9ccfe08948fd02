"""Many recordings in one run: found, shared among processes, written whole, and not done twice."""
