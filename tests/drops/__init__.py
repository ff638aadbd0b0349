"""Drop detection."""
