"""The rules live here, one file each."""
