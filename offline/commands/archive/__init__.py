"""The commands for whole archives, each a module as in the folder above."""
