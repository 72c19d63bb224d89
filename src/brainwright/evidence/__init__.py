"""Arms, effect sizes with intervals, equivalence, verdicts. Knows numbers and names alone.

The unit is a culture, an animal or a seed, never a trial; arms share their units by index.
"""

from brainwright.evidence.arms import Arm
from brainwright.evidence.checks import Check
from brainwright.evidence.correction import holm
from brainwright.evidence.decoder import AuditError, DecoderAudit, Paired, audit
from brainwright.evidence.dose import dose_at
from brainwright.evidence.effects import Interval, bootstrap, difference, paired_dz, pooled_d
from brainwright.evidence.equivalence import Equivalence, tost
from brainwright.evidence.every import weakest
from brainwright.evidence.factorial import two_by_two
from brainwright.evidence.gates import Gate, Judged, judge
from brainwright.evidence.guarded import guarded
from brainwright.evidence.nulls import NullComparison, against_nulls, middle, two_level_bootstrap
from brainwright.evidence.pairing import Pairing, pairing
from brainwright.evidence.rank import Rank, draws_needed
from brainwright.evidence.verdict import FEWEST, Comparison, compare, negative_control
from brainwright.verdict import VERDICTS, Verdict

__all__ = [
    "FEWEST",
    "VERDICTS",
    "Arm",
    "AuditError",
    "Check",
    "Comparison",
    "DecoderAudit",
    "Equivalence",
    "Gate",
    "Interval",
    "Judged",
    "NullComparison",
    "Paired",
    "Pairing",
    "Rank",
    "Verdict",
    "against_nulls",
    "audit",
    "bootstrap",
    "compare",
    "difference",
    "dose_at",
    "draws_needed",
    "guarded",
    "holm",
    "judge",
    "middle",
    "negative_control",
    "paired_dz",
    "pairing",
    "pooled_d",
    "tost",
    "two_by_two",
    "two_level_bootstrap",
    "weakest",
]
