"""What arms are called."""

GRADIENT, NETWORK, RIDGE = "gradient", "network", "ridge"
SEARCHED, LOOKUP, SMOOTHED = "search on the model", "lookup", "smoothed lookup"
CEILING, RANDOM, YOKED = "ceiling", "random", "yoked"
BREAKS = ("stimuli permuted", "gradient sign turned", "another dish's model", "no steps, no swaps")
LETTERS = (GRADIENT, SMOOTHED, YOKED)
"""Arms that draw letters."""
CLIMBED = "climb on the model"
OWN_CONTEXT, WITH_STATE, BY_AMOUNT = "ridge of each context", "ridge with the state", "ridge by amount"
RETRIED, SEARCHES = "lookup, tried again", ("cross-entropy", "bandit")
TESTED = (GRADIENT, NETWORK, RIDGE, SEARCHED, LOOKUP, SMOOTHED, RANDOM, YOKED, CEILING, CLIMBED)
"""Arms that need no more trials than were recorded before they are tested."""
CURVE = (GRADIENT, NETWORK, RIDGE, SMOOTHED)
"""Arms that are asked after fewer and more trials."""
MUST_EXCEED = (SMOOTHED, RETRIED, *SEARCHES, SEARCHED, YOKED)
"""Each of them: two lookups, two searches on the tissue with as many trials, the same model without its
gradient, and the writes for another target.
"""
