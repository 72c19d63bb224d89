"""Does the cosine of a signal with the gradient, before anything is learned, say what will come of it?"""

from collections.abc import Mapping

import numpy as np


def told(found: Mapping[str, tuple[np.ndarray, np.ndarray]], cut: float) -> dict[str, float]:
    """Cases, in how many the graft helped, the area under the curve (share of pairs of a graft that helped
    and one that did not in the right order), and the share of right calls.

    Args:
        found: condition → cosine and gain, [network] each.
        cut: cosine from which a graft is expected to help.
    """
    cosine, gain = (np.concatenate([case[k] for case in found.values()] or [np.zeros(0)]) for k in (0, 1))
    good, bad = cosine[gain > 0], cosine[gain <= 0]
    if not len(good) or not len(bad):
        return {"n": len(cosine), "helped": len(good)}
    area = float((np.sign(good[:, None] - bad) / 2 + 0.5).mean())
    right = float(((cosine >= cut) == (gain > 0)).mean())
    return {"n": len(cosine), "helped": len(good), "area": area, "right": right}
