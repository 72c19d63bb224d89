"""Virtual neurons beside many small hosts: arms, tasks, the checker of the contract."""

from .arms import Arm, Grafted, Setting, Task
from .checking import check_graft
from .many import augment_many, teach_many
from .own import Beside, graft_on
from .score import r2

__all__ = [
    "Arm",
    "Beside",
    "Grafted",
    "Setting",
    "Task",
    "augment_many",
    "check_graft",
    "graft_on",
    "r2",
    "teach_many",
]
