"""Where sound comes from: microphones, recordings, a simulated heart, and the ring buffer that they fill."""
