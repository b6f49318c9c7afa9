"""Messages of the wire, generated from `proto/`; `make wire` makes them again."""
