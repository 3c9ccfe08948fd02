"""Archives too large for one run: a plan cuts the list of recordings into shards, each with a file of results."""
