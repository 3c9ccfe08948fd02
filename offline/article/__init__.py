"""The article's exercise, working, and the ways to segment that it compares with."""
