"""An experiment as data (`design`), its options, and what runs it: `work` (do it), `trials` (a grid),
`summary` (its result), `climb` (search a rate). What is exported here imports nothing heavy.
"""

from .design import Claim, Design, Metrics, Outcomes, Procedure, Row, Step, Study, full_name
from .options import Above, AtLeast, Between, OptionError, Options, check_bounds, matters

__all__ = ["Above", "AtLeast", "Between", "Claim", "Design", "Metrics", "OptionError", "Options", "Outcomes"]
__all__ += ["Procedure", "Row", "Step", "Study", "check_bounds", "full_name", "matters"]
