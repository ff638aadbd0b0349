"""The files in deploy: valid by their schemas, true to the code, and the same commands run without containers."""
