"""What all commands share: the parser, its words in a shell, the settings file, and messages."""
