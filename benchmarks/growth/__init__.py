"""How cost, memory and time grow with what there is: members, answers in the index, workers, state keys."""
