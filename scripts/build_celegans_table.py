"""Builds the table behind `celegans/cook2019`, `celegans/white1986`, `celegans/witvliet2021-*` and their
like.

`pip install --no-deps cect` and `pip install openpyxl`, then `python scripts/build_celegans_table.py FOLDER`,
where FOLDER is `celegans_connectomes` within the cache or a `BRAINWRIGHT_DATA` folder. Reads the matrices
that `cect` carries as JSON and runs none of its code. White's separate adult and L4 series are not among
them; the polymodal neurons of the pharynx count as sensory.
"""

import argparse
import importlib.util
import json
import os
import warnings
from pathlib import Path

import pandas as pd
from build_celegans import TABLES, read_cells

READERS = {
    "Cook2019Herm": "Cook2019HermReader",
    "Cook2019Male": "Cook2019MaleReader",
    "Cook2020": "Cook2020DataReader",
    "Varshney": "VarshneyDataReader",
    "White_whole": "White_whole",
    "Yim2024": "Yim2024DataReader",
    **{f"Witvliet{stage}": f"WitvlietDataReader{stage}" for stage in range(1, 9)},
}
SIM = {"sensory": "Sensory", "internal": "Interneuron", "output": "Motorneuron"}


def main() -> None:
    """Writes `edges_all_datasets.parquet` and `neurons.csv`."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("folder", type=Path)
    folder = options.parse_args().folder
    package = Path(importlib.util.find_spec("cect").origin).parent
    folder.mkdir(parents=True, exist_ok=True)
    edges = pd.concat([read(package / "cache" / f"{file}.json", name) for name, file in READERS.items()])
    write(edges.to_parquet, folder / "edges_all_datasets.parquet")
    write(neurons(package / "data").to_csv, folder / "neurons.csv")
    print(edges.groupby(["dataset", "synclass"])["weight"].agg(["size", "sum"]).to_string())


def read(path: Path, name: str) -> pd.DataFrame:
    """Rows dataset, pre, post, synclass, weight of one data set."""
    content = json.loads(path.read_text())
    nodes = pd.Index(content["nodes"], name="pre")
    parts = []
    for kind, matrix in content["connections"].items():
        if kind in ("Generic_CS", "Generic_GJ"):
            long = pd.DataFrame(matrix, index=nodes, columns=nodes.rename("post")).stack().rename("weight")
            parts.append(long[long != 0].reset_index().assign(dataset=name, synclass=kind))
    return pd.concat(parts)[["dataset", "pre", "post", "synclass", "weight"]]


def neurons(folder: Path) -> pd.DataFrame:
    """The 302 neurons of the hermaphrodite."""
    warnings.filterwarnings("ignore", category=UserWarning)
    sheet = pd.read_excel(folder / TABLES[2], header=3)["Neuron"].dropna()
    names = sorted(set(sheet.str.split("/").str[0]) | {"DB3"})
    cells = read_cells(folder, names)
    other = cells["id"].str[:-1] + cells["id"].str[-1].map({"L": "R", "R": "L"})
    table = {
        "neuron": cells["id"],
        "contralateral": other.where(other.isin(names), cells["id"]),
        "type": cells["class"],
        "sim": cells["pool"].map(SIM),
        "class": cells["type"],
        "nt": cells["transmitter"].replace("", "unknown"),
    }
    return pd.DataFrame(table)


def write(method, path: Path) -> None:
    """Writes beside the target and moves it there."""
    part = path.with_name(path.name + ".part")
    method(part, index=False)
    os.replace(part, path)


if __name__ == "__main__":
    main()
