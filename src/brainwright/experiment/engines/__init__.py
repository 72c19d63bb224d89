"""Where jobs run. Every engine gives the same results, in whatever order they end."""
