"""Blocks about tissue: the dose beside its limits, negative controls, channels sorted by group."""

import numpy as np
import pytest

from brainwright.evidence import Arm, negative_control
from brainwright.report import Picture, dose, figures, same
from brainwright.report.html import block

LIMITS = {"phase_charge_nC": 3.0, "charge_per_minute_nC": 10_000.0, "pulses_per_minute": 25_000}


def test_a_dose_stands_beside_its_limit():
    ledger = {
        "requested_s": [1.0, 2.0],
        "delivered_s": [1.0, 2.0000015],
        "phase_charge_nC": [0.4, 0.8],
        "net_charge_nC": [0.0, -0.02],
    }
    rows = {
        row[0]: row[1:] for row in dose(ledger, {"charge_nC": [0.4, 1234.5], "pulses": [1, 2]}, LIMITS).rows
    }
    assert rows["pulses, all cultures"] == ["2", "–"]
    assert rows["charge of a phase, largest (nC)"] == ["0.80", "3"]
    assert rows["charge in the busiest minute (nC)"] == ["1,234", "10,000"]
    assert rows["pulses in the busiest minute"] == ["2", "25,000"]
    assert rows["net charge of a pulse, largest (nC)"] == ["0.02", "–"]
    assert rows["between time requested and delivered, at most (µs)"] == ["1.5", "–"]


def test_no_pulse_is_a_dose_too():
    columns = ("requested_s", "delivered_s", "phase_charge_nC", "net_charge_nC")
    nothing = {name: np.zeros(0) for name in columns}
    rows = dose(nothing, {"charge_nC": [0.0], "pulses": [0.0]}, LIMITS).rows
    assert [row[1] for row in rows] == ["0", "0.00", "0", "0", "0", "0"]


@pytest.mark.parametrize(
    ("values", "tone"), [([0.01, -0.01, 0.0], "good"), ([0.5, 0.4, 0.6], "bad"), ([0.5, -0.4, 0.1], "open")]
)
def test_no_difference_is_the_good_answer_of_a_control(values, tone):
    nothing = Arm("before", np.zeros(3))
    row = negative_control(Arm("frozen", np.array(values)), nothing, "share", margin=0.1).as_dict()
    drawn, table = same({"frozen": row}, x="change", caption="within ±{margin:.2f}").blocks
    assert drawn.caption == "within ±0.10"
    drawn.draw()
    assert table.rows[0][0] == "frozen"
    assert table.rows[0][-1].colour == tone


def test_channels_are_sorted_by_group_with_the_rest_behind():
    order, sizes = figures.grouped([[5, 1], [2, 7]], ["A", "B"], np.arange(8))
    assert order.tolist() == [5, 1, 2, 7, 0, 3, 4, 6]
    assert sizes == {"A": 2, "B": 2, "–": 4}
    assert figures.grouped([[1], [0]], ["A", "B"], [0, 1])[1] == {"A": 1, "B": 1}


def test_a_wide_picture_scrolls():
    assert '<figure class="wide">' in block(Picture("<svg></svg>", "words", wide=True))
    assert '<figure class="wide">' not in block(Picture("<svg></svg>", "words"))
