"""From an empty folder to a shipped model. Torch lives here alone; nothing in Mien imports this room."""
