"""An experiment as data (`design`), its options, and what runs it: `work` (do it), `trials` (a grid),
`summary` (its result). What is exported here imports nothing heavy.
"""

from .design import Claim, Design, Metrics, Outcomes, Row, Study, full_name
from .options import Above, AtLeast, Between, OptionError, Options, check_bounds, matters
from .procedure import Procedure, Step

__all__ = ["Above", "AtLeast", "Between", "Claim", "Design", "Metrics", "OptionError", "Options", "Outcomes"]
__all__ += ["Procedure", "Row", "Step", "Study", "check_bounds", "full_name", "matters"]
