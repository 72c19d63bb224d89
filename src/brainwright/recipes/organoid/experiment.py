"""Which of the two questions is asked: an order that was never heard, or the one that is heard."""

import dataclasses

from brainwright.experiment import Design, OptionError

from . import Config, heard, wanted

OF_HEARD = ("stream", "text", "csv", "column", "dose_curve")
OF_WANTED = ("tune", "long_rests")


def design(config: Config) -> Design:
    """The design of a configuration.

    Raises:
        OptionError: an option that belongs to the other question.
        StreamError: no tune or stream can be made of the file.
    """
    default = {field.name: field.default for field in dataclasses.fields(Config)}
    given = [name for name in default if getattr(config, name) != default[name]]
    for name in OF_WANTED if config.heard else OF_HEARD:
        if name in given:
            word = f"--{name.replace('_', '-')}"
            advice = f"leave out --heard, or {word}" if config.heard else f"add --heard to use {word}"
            raise OptionError(f"{word}: expected {'no' if config.heard else 'it with'} --heard; {advice}")
    return (heard if config.heard else wanted).design(config)
