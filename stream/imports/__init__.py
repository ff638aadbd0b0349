"""History from files: what senders have exported becomes events."""
