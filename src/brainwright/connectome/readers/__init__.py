"""One reader per shape of file or object that a wiring diagram comes in."""
