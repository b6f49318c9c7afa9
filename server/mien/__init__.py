"""Mien: speech in, a performance on any face rig out."""
