"""FILE: a learning rule of one's own. `python FILE.py` checks it."""

from dataclasses import dataclass
from typing import ClassVar

import brainwright as bw
from brainwright.learning.shared.unsupervised import UnsupervisedRule, at_post


@dataclass(frozen=True)
class NAME(UnsupervisedRule):
    """Δw_ij = η y_i (x_j - y_i w_ij), Oja's rule: replace `change` and `equation` by yours.

    A rule fills `.grad`, to descend, and reads no more than it declares; the checker changes everything else
    and demands the same update. For rules that use errors read `learning/rules/feedback_alignment.py`, for
    those over time `learning/rules/eprop.py`.
    """

    name: ClassVar[str] = "NAME"
    equation: ClassVar[str] = "Δw_ij = η y_i (x_j - y_i w_ij)"
    bibtex: ClassVar[str] = "@misc{NAME, title={NAME}, note={cite what it comes from}}"

    def change(self, network, projection, pre, post):
        """It is Δw / η of each edge of a projection, from the activity of both its ends."""
        forgotten = at_post(projection, post.square(), pre) * projection.values().detach()
        return projection.outer(post, pre) - forgotten


if __name__ == "__main__":
    print(bw.check_rule(NAME()))
