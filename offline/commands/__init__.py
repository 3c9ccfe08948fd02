"""The commands of `heartseg-offline`, a module each, found by its name.

A module has `EXAMPLE`, arguments for its help; `add_options`, which describes its options to a parser; and `run`, which
does the work and returns the exit status. It imports numba, SciPy, TensorFlow and matplotlib within `run`
alone, so that its help appears at once.
"""
