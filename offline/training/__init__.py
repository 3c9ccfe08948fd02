"""From the public sets to the shipped network."""
