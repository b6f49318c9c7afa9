"""The house head: a script that builds the face which ships with Mien, `rigs/house/`. Run `python -m
house`."""
