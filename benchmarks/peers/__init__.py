"""What the service is measured against; each runs as a process of its own and reports as `benchmarks.progress` says."""
