"""From samples to heart sounds: decimator, network windows, Viterbi decoder. No thread, no clock, no file."""
