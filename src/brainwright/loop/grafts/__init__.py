"""Virtual neurons beside many small hosts: arms, tasks, the checker of the contract."""

from .checking import check_graft
from .many import Arm, Grafted, Setting, Task, augment_many, r2, teach_many

__all__ = ["Arm", "Grafted", "Setting", "Task", "augment_many", "check_graft", "r2", "teach_many"]
