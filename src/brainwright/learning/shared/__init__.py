"""What several rules share: paths of errors, traces, activity, and what cells and pairs of spikes tell."""
