"""The words of the page."""

import tomllib
from importlib import resources

WORDS = tomllib.loads(resources.files("brainwright.recipes.evoke").joinpath("words.toml").read_text("utf-8"))
