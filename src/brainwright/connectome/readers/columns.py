"""Which column is which: names as given, or guessed from the habits of published edge lists and then
stated.
"""

import re

from brainwright.connectome.errors import ConnectomeError, shown

PRE = (
    "pre",
    "preid",
    "presynaptic",
    "presynapticid",
    "prerootid",
    "preptrootid",
    "bodyidpre",
    "presynapticrootid",
    "source",
    "src",
    "from",
    "sourceid",
    "preneuron",
    "precell",
    "sender",
    "prename",
    "preskid",
    "presynapticindex",
)
POST = (
    "post",
    "postid",
    "postsynaptic",
    "postsynapticid",
    "postrootid",
    "postptrootid",
    "bodyidpost",
    "postsynapticrootid",
    "target",
    "tgt",
    "to",
    "targetid",
    "postneuron",
    "postcell",
    "receiver",
    "postname",
    "postskid",
    "postsynapticindex",
)
COUNT = (
    "count",
    "syncount",
    "synapses",
    "nsyn",
    "nsynapses",
    "synapsecount",
    "numberofsynapses",
    "connectivity",
    "weight",
    "weights",
    "roiweight",
    "totalweight",
    "synweight",
    "total",
    "nbr",
    "nconnections",
    "w",
)
CELL_ID = (
    "id",
    "rootid",
    "bodyid",
    "cellid",
    "neuronid",
    "neuron",
    "skid",
    "name",
    "ptrootid",
    "node",
    "cell",
)


LABELS = ("ids", *CELL_ID, "labels", "names", "label", "cellids", "neuronids", "rootids", "bodyids")
"""What lists of the cells of a matrix are called."""
KIND = ("kind", "synapsetype", "connectiontype", "edgetype", "type")
KINDS = {"chemical", "electrical"}
"""What a column must hold to be taken for the kinds of connections without being named."""
SIGN = ("sign", "signs", "edgesign", "synapsesign", "synsign", "polarity")
"""Columns that may hold the sign of each connection beside its magnitude."""


def plain(name) -> str:
    """It leaves lower case, letters and digits only; neuPrint's type suffixes (`:ID(Body)`) are dropped."""
    return re.sub(r"[^a-z0-9]", "", str(name).lower().split(":")[0]) or re.sub(
        r"[^a-z0-9]", "", str(name).lower()
    )


def guess(columns, candidates) -> str | None:
    """It returns the first column whose plain name is among the candidates, best candidate first."""
    known: dict[str, str] = {}
    for column in columns:
        known.setdefault(plain(column), column)
    return next((known[name] for name in candidates if name in known), None)


def resolve(columns, pre=None, post=None, count=None) -> tuple[str, str, str | None, str]:
    """It returns the column names of presynaptic id, postsynaptic id and count, with a note on what was
    guessed.

    Raises:
        ConnectomeError: a named column is missing, or nothing fits.
    """
    columns = list(columns)
    for named in (pre, post, count):
        if named is not None and named not in columns:
            raise ConnectomeError(f"no column {named!r}: the columns are {shown(columns, 20)}")
    from_, to, number = (
        pre or guess(columns, PRE),
        post or guess(columns, POST),
        count or guess(columns, COUNT),
    )
    if from_ is None or to is None or from_ == to:
        missing = "presynaptic" if from_ is None else "postsynaptic"
        raise ConnectomeError(
            f"cannot tell which column holds the {missing} cell among {shown(columns, 20)}: pass pre=, "
            f"post= and count="
        )
    guessed = [
        f"{end}={column!r}"
        for end, named, column in zip(
            ("pre", "post", "count"), (pre, post, count), (from_, to, number), strict=True
        )
        if named is None and column
    ]
    note = f"columns guessed: {', '.join(guessed)}" if guessed else ""
    if number is None:
        note = f"{note}; no count column, every edge counts 1".lstrip("; ")
    return from_, to, number, note


def with_unread(note: str, names) -> str:
    """It adds to a note the columns that nothing was taken from; those without a name are not told."""
    rest = [str(name) for name in names if str(name)]
    return f"{note}; columns not read: {shown(rest, 20)}".lstrip("; ") if rest else note
