"""The four words in which every comparison ends."""

from typing import Literal, get_args

Verdict = Literal["supported", "no difference", "against", "cannot tell"]
VERDICTS: tuple[Verdict, ...] = get_args(Verdict)
