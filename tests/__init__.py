"""All tests: units and laws need nothing, integration starts its own servers."""
