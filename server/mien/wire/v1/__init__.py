"""`mien.wire.v1`, version 1 of the wire."""
