"""Vats of brains, each of which knows a part of a rule, and what they teach one another."""

from .arms import BANDWIDTH, EMULATED, VARIED, VAT_ARMS, VatArm
from .chain import CHAINS, chain
from .lesions import LESIONS, after_lesion, without_teachers
from .one_brain import one_brain
from .phases import calibrate, learn_alone, learn_together
from .scores import alike, vat_scores
from .vats import PARTS, SYMBOLS, Vats, VatSizes
from .work import NO_TEACHERS, VatWork

__all__ = [
    "BANDWIDTH",
    "CHAINS",
    "EMULATED",
    "LESIONS",
    "NO_TEACHERS",
    "PARTS",
    "SYMBOLS",
    "VARIED",
    "VAT_ARMS",
    "VatArm",
    "VatSizes",
    "VatWork",
    "Vats",
    "after_lesion",
    "alike",
    "calibrate",
    "chain",
    "learn_alone",
    "learn_together",
    "one_brain",
    "vat_scores",
    "without_teachers",
]
