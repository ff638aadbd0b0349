"""What the service is measured against; each runs as a process of its own and reports as `benchmarks.progress` says.

The modules of other stream processors run in environments of their own, made from the requirements beside them. There
they have msgspec, `benchmarks.progress` and `benchmarks.peers.job`, and nothing else of this project.
"""
