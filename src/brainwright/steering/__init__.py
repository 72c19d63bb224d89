"""Steering: what a brain wants, and how wanting becomes learning and action. `value` holds rewards, predicted
value and its errors; `curiosity` rewards what is not known yet; `planning` chooses what is wanted.
"""
