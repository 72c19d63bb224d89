"""What makes a loop punctual: memory and turns of the processor, rehearsals, and training beside it."""
