"""How well events fit reference annotations: one set, a curve over lags, under disturbance."""
