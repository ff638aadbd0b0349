"""Drop detection: whether a score really fell, by how much, since when, and what explains it."""
