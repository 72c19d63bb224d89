"""The neural circuit architectural prior for swimming, with its four numbers."""

import torch
from torch import Tensor, nn

START = (1.0, 1.0, 1.0, -1.0)
"""Proprioception, oscillator, same side, other side: the authors' initial values."""


class Ncap(nn.Module):
    """NCAP of plain swimming (Bhattasali, Zador & Engel 2022, arXiv:2201.05242), many side by side.

    A joint's angle q, over its limit, has a dorsal part max(q, 0) and a ventral one max(-q, 0). With
    g(x) = x clipped to 0..1, the cells of joint i are

        B_d[i] = g(w_prop q_d[i - 1]) behind the first joint, B_d[0] = g(w_osc osc_d)
        M_d[i] = g(w_ipsi B_d[i] + w_contra B_v[i])

    and the same with d and v exchanged; the muscles are told M_d - M_v. The four numbers are shared along the
    body; w_contra is at most 0, the others at least 0. No state: the wave is the body's own.

    Args:
        brains: side by side, each with numbers of its own.
    """

    def __init__(self, brains: int = 1):
        super().__init__()
        self.numbers = nn.Parameter(torch.tensor(START).repeat(brains, 1))

    def forward(self, seen: Tensor) -> Tensor:
        """Commands [..., brain, joint] of what is seen [..., brain, joint + 1]: angles over their limits, and
        the oscillator, above 0 while it is dorsal.
        """
        sign = self.numbers.new_tensor([1.0, 1.0, 1.0, -1.0])
        prop, osc, same, other = (sign * (sign * self.numbers).clamp(min=0)).unbind(-1)
        before, beat = seen[..., :-2], seen[..., -1:]  # the last joint has none behind it
        felt = torch.cat([osc[:, None] * beat, prop[:, None] * before], -1)
        dorsal, ventral = felt.clamp(0, 1), (-felt).clamp(0, 1)
        same, other = same[:, None], other[:, None]
        return (same * dorsal + other * ventral).clamp(0, 1) - (same * ventral + other * dorsal).clamp(0, 1)
