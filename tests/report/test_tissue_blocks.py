"""Blocks about tissue: the dose beside its limits, negative controls, channels sorted by group."""

import numpy as np
import pytest

from brainwright.evidence import Arm, negative_control
from brainwright.report import Picture, all_played, dose, dose_per_arm, figures, same, schematic
from brainwright.report.html import block
from brainwright.report.style import BLUE, ORANGE
from brainwright.tissue import StimulusLimits

LIMITS = StimulusLimits(channels=(0,)).of_dose()


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
    nothing, twice = Arm("before", np.zeros(6)), np.array(values * 2)  # six units, the fewest that decide
    row = negative_control(Arm("frozen", twice), nothing, "share", margin=0.1).as_dict()
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


def test_how_far_every_culture_gets_is_a_share_of_its_runs():
    right = np.array([[[True, True, False], [True, False, False]], [[False] * 3] * 2])
    fig = all_played(right, ["B", "C", "A"])
    shown = fig.axes[0].images[0].get_array()
    assert np.asarray(shown).tolist() == [[1.0, 0.5, 0.0], [0.0, 0.0, 0.0]]
    assert [text.get_text() for text in fig.axes[0].get_xticklabels()] == ["B", "C", "A"]


def test_the_loop_is_drawn():
    assert schematic("words").svg.startswith("<svg xmlns")


def test_a_wide_picture_scrolls():
    assert '<figure class="wide">' in block(Picture("<svg></svg>", "words", wide=True))
    assert '<figure class="wide">' not in block(Picture("<svg></svg>", "words"))


def test_what_was_written_in_an_arm_is_less_what_was_heard():
    means = {"write_precision": 0.5, "pulses": 120.0, "charge_nC": 3000.0, "rate_hz": 1.234}
    heard = means | {"write_precision": 0.0, "pulses": 60.4, "charge_nC": 1000.0}
    table = dose_per_arm({"adaptive": means, "silent": heard}, silent="silent")
    assert table.rows == [
        ["adaptive", "50.0%", 120, "3.00", "2.00", "1.23"],
        ["silent", "–", 60, "1.00", "0.00", "1.23"],
    ]


def squares(fig):
    """Colour → where squares are, [square, (x, y)], of a figure of writes."""
    drawn = {}
    for line in fig.axes[0].lines:
        if line.get_marker() == "s":
            drawn.setdefault(line.get_color(), []).extend(line.get_xydata().tolist())
    return drawn


def test_writes_are_blue_where_they_belong_to_what_comes_next():
    electrodes = [[4, 1], [0, 3]]  # rows from the top: 4, 1, 0, 3, then 2 of no symbol
    fig = figures.written([[4, 2], [1, -1]], [1, 0, 1], electrodes, ["A", "B"], np.arange(5), first=7)
    assert squares(fig) == {BLUE: [[0, 0]], ORANGE: [[0, 4], [1, 1]]}
    assert [label.get_text() for label in fig.axes[0].get_xticklabels()] == ["8", "9"]


def test_notes_stand_on_lines_by_their_height():
    fig = figures.staff(
        [0, 1, 2, 0], ["C", "A", "B"], marked=[False, True, False, False], heights=[60, 57, 59]
    )
    grey, blue = fig.axes[0].collections
    assert grey.get_offsets().tolist() == [[0, 2], [2, 1], [3, 2]]
    assert blue.get_offsets().tolist() == [[1, 0]]
    assert [label.get_text() for label in fig.axes[0].get_yticklabels()] == ["A", "B", "C"]


def test_bars_of_learning_curves_stand_beside_each_other():
    rows = {"a": [[0.1, 0.5], [0.3, 0.7]], "b": [[0.2, 0.2], [0.2, 0.2]]}
    first, second = (
        np.asarray(c.lines[0].get_xdata())
        for c in figures.learning(rows, [0, 100], x="x", y="y").axes[0].containers
    )
    np.testing.assert_allclose(second - first, 0.6)
