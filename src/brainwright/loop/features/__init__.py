"""Sparse features of whole recordings: which ones, and the steps that fit, judge and explain them."""
