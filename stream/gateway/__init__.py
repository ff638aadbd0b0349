"""The gateway: what senders post becomes events in Kafka, or nothing is acknowledged."""
