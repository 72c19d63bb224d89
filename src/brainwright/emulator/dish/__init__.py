"""Small emulators, a batch of dishes at once: of the closed loop, and a baseline."""
