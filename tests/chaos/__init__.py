"""Nothing lost, nothing counted twice: workers, brokers and input fail on purpose, and another program counts."""
