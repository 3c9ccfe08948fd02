"""Where samples and events go: JSON Lines, plain text, WAV, clicks, Lab Streaming Layer."""
