"""Brokers that this program starts by itself: an embedded one for first runs, a real Apache Kafka for tests.

Both are used alike, and are ended and cleaned up with the block:

    async with EmbeddedBroker() as bootstrap:
        ...
"""
