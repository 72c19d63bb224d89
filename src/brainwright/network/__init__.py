"""Networks compiled from connectomes."""
