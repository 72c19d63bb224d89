"""Tables of the pages that scripts write."""

from brainwright.report import markdown_table


def test_a_table_has_a_rule_below_its_header_and_no_end():
    shown = markdown_table(["rule", "%"], [["Hebb", 93.3], ["Oja", 93.2]])
    assert shown == "| rule | % |\n| --- | --- |\n| Hebb | 93.3 |\n| Oja | 93.2 |"
