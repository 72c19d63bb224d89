"""A network learns to predict the next embedding of a stream, and is judged in fixed coordinates."""
