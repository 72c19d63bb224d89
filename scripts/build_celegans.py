"""Derives the built-in worm connectome from the tables that the package `cect` carries.

Development only: `pip install cect openpyxl xlrd`, then `python scripts/build_celegans.py`. The result,
`src/brainwright/datasets/embedded/celegans_varshney2011.json`, is committed; running this again must not
change it.

Reads the tables inside the package and runs none of its code: `NeuronConnect.xls` (Varshney et al. 2011:
chemical contacts are the rows of type S and Sp, gap junctions EJ, both with the number of contacts),
`all_cell_info.csv` (cell types), `elife-95402-supp2-v1.xlsx` (transmitter of each neuron, Wang et al. 2024).
"""

import csv
import hashlib
import importlib.util
import json
import re
import warnings
from importlib.metadata import version
from pathlib import Path

import pandas as pd

TARGET = Path(__file__).parents[1] / "src/brainwright/datasets/embedded/celegans_varshney2011.json"
TABLES = ("NeuronConnect.xls", "all_cell_info.csv", "elife-95402-supp2-v1.xlsx")
TRANSMITTERS = (
    ("ACh", r"\bach\b"),
    ("Glu", r"\bglu\b"),
    ("GABA", r"\bgaba\b(?! \(uptake)"),
    ("DA", r"\bda\b"),
    ("5HT", r"\b5-ht\b"),
    ("OA", r"\boctopamine\b"),
    ("betaine", r"\bbetaine\b"),
)


def main() -> None:
    """Reads the three tables, checks the published counts, writes the file."""
    folder = Path(importlib.util.find_spec("cect").origin).parent / "data"
    warnings.filterwarnings("ignore", category=UserWarning)
    contacts = read_contacts(folder / TABLES[0])
    chemical, gaps = chemical_pairs(contacts), gap_pairs(contacts)
    cells = read_cells(folder, sorted(set(contacts["pre"]) | set(contacts["post"])))
    found = (len(cells), len(chemical), int(chemical["count"].sum()), len(gaps))
    assert found == (279, 2194, 6394, 517), found
    number = {name: i for i, name in enumerate(cells["id"])}
    content = {
        "provenance": provenance(folder),
        "cells": {column: cells[column].tolist() for column in cells},
        "chemical": triples(chemical, number),
        "electrical": triples(gaps, number),
    }
    TARGET.parent.mkdir(parents=True, exist_ok=True)
    TARGET.write_text(layout(content))
    print(
        f"{TARGET}: {TARGET.stat().st_size} bytes, sha256 {hashlib.sha256(TARGET.read_bytes()).hexdigest()}"
    )


def read_contacts(path: Path) -> pd.DataFrame:
    """Rows pre, post, kind, count between neurons; neuromuscular rows dropped, names without leading
    zeros.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        table = pd.read_excel(path)
    table.columns = ["pre", "post", "kind", "count"]
    table = table[table["kind"] != "NMJ"]
    for end in ("pre", "post"):
        table[end] = table[end].str.upper().str.replace(r"^([A-Z]{2})0(\d)$", r"\1\2", regex=True)
    return table


def chemical_pairs(contacts: pd.DataFrame) -> pd.DataFrame:
    """Sent contacts, monadic and polyadic, summed per ordered pair."""
    sent = contacts[contacts["kind"].isin(["S", "Sp"])]
    return sent.groupby(["pre", "post"], as_index=False)["count"].sum()


def gap_pairs(contacts: pd.DataFrame) -> pd.DataFrame:
    """Each junction once; the table lists both directions with equal numbers."""
    gaps = contacts[contacts["kind"] == "EJ"].set_index(["pre", "post"])["count"]
    assert all(gaps[post, pre] == n for (pre, post), n in gaps.items())
    return gaps.reset_index().query("pre <= post")


def read_cells(folder: Path, names: list[str]) -> pd.DataFrame:
    """id, type (anatomical class such as AVA), class (description), pool, side, transmitter."""
    with open(folder / TABLES[1], newline="") as file:
        described = {row[0]: row[1] for row in csv.reader(file)}
    sheet = pd.read_excel(folder / TABLES[2], header=3)
    sheet["Class"] = sheet["Class"].ffill()
    sheet = sheet.dropna(subset=["Neuron"]).assign(Neuron=lambda t: t["Neuron"].str.split("/").str[0])
    sheet = sheet.set_index("Neuron")  # "DB1/3" is DB1
    rows = []
    for name in names:
        description = described[name]
        rows.append(
            {
                "id": name,
                "type": str(sheet.loc[name, "Class"]),
                "class": description,
                "pool": pool(description),
                "side": {"L": "left", "R": "right"}.get(name[-1], "center")
                if sheet.loc[name, "Class"] != name
                else "center",
                "transmitter": transmitter(str(sheet.loc[name, "Neurotransmitter(s)"])),
            }
        )
    return pd.DataFrame(rows)


def pool(description: str) -> str:
    """Sensory, output (motor) or internal, by the description."""
    if re.search("motor neuron", description, re.IGNORECASE):
        return "output"
    return "internal" if re.search("interneuron|Linker|Canal", description) else "sensory"


def transmitter(text: str) -> str:
    """First transmitter that the neuron makes, in the order of `TRANSMITTERS`; empty where unknown."""
    return next((name for name, pattern in TRANSMITTERS if re.search(pattern, text.lower())), "")


def triples(pairs: pd.DataFrame, number: dict[str, int]) -> list[list[int]]:
    """[pre, post, count] as positions, sorted."""
    return sorted([number[a], number[b], int(n)] for a, b, n in pairs[["pre", "post", "count"]].to_numpy())


def provenance(folder: Path) -> dict:
    """Where the numbers come from."""
    return {
        "citation": "Varshney LR, Chen BL, Paniagua E, Hall DH, Chklovskii DB (2011). Structural properties "
        "of the "
        "Caenorhabditis elegans neuronal network. PLoS Comput Biol 7:e1001066. "
        "Transmitters: Wang C et al. (2024). eLife 13:RP95402.",
        "licence": "Article: PLOS, CC BY; the table itself states no licence (CC BY to be confirmed). "
        "Transmitters: eLife, CC BY 4.0. Taken from cect, MIT.",
        "made_by": f"scripts/build_celegans.py from cect {version('cect')} (MIT)",
        "counts": "2,194 chemical pairs, 6,394 contacts; the paper's text says 6,393. 517 gap-junction "
        "pairs, of which "
        "3 join a cell with itself",
        "sha256": {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in TABLES},
    }


def layout(content: dict) -> str:
    """JSON with one line per list, so that changes can be read."""

    def line(value):
        return json.dumps(value, separators=(",", ":"))

    cells = ",\n".join(f'  "{name}": {line(values)}' for name, values in content["cells"].items())
    return (
        f'{{\n"provenance": {json.dumps(content["provenance"], indent=1)},\n"cells": {{\n{cells}\n}},\n'
        f'"chemical": {line(content["chemical"])},\n"electrical": {line(content["electrical"])}\n}}\n'
    )


if __name__ == "__main__":
    main()
