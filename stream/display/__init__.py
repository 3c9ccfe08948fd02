"""The live display in the terminal.

The monitor makes a `DisplayState` of the run. `layout.rows` draws it. The loop paints the rows and reads the keys.
"""
