"""The simulated contact centre: repeatable, true to the contract, and believable in its figures."""
