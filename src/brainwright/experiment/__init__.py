"""An experiment as data, and what runs it. `Options` and the types of a design import nothing heavy; what
runs them is in `work` (do it), `trials` (a grid of trials), `summary` (its result) and `climb` (search a
rate).
"""

from brainwright.experiment.design import (
    Check,
    Claim,
    Design,
    Metrics,
    Outcomes,
    Procedure,
    Row,
    Step,
    Study,
    full_name,
)
from brainwright.experiment.options import (
    Above,
    AtLeast,
    Between,
    OptionError,
    Options,
    check_bounds,
    matters,
)

__all__ = [
    "Above",
    "AtLeast",
    "Between",
    "Check",
    "Claim",
    "Design",
    "Metrics",
    "OptionError",
    "Options",
    "Outcomes",
    "Procedure",
    "Row",
    "Step",
    "Study",
    "check_bounds",
    "full_name",
    "matters",
]
