"""Models of what a write evokes: the write is an input, so the answer can be descended to the stimulus."""
