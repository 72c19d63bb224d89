"""What nights are good for beyond pictures: streams of neural activity, sequences of keys, tissue."""
