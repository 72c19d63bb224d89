"""A reader of texts: what it hears word by word, maps to text latents and back, writes, reading speed."""
