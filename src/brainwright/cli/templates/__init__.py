"""What `brainwright new` writes: FILE stands for the file, NAME for the function or class in it."""
