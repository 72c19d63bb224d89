"""Cultures in dishes: taught by any writer, each arm from the same state, probed as copies, looked into."""
