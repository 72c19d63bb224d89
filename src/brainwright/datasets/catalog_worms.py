"""Worm data sets."""

from brainwright.datasets.entry import Dataset, File

VARSHNEY = (
    "Varshney LR, Chen BL, Paniagua E, Hall DH, Chklovskii DB (2011). Structural properties of the "
    "Caenorhabditis "
    "elegans neuronal network. PLoS Comput Biol 7:e1001066. Transmitters: Wang C et al. (2024). eLife "
    "13:RP95402."
)
WITVLIET = (
    "Witvliet D, Mulcahy B, Mitchell JK et al. (2021). Connectomes across development reveal principles of "
    "brain "
    "maturation. Nature 596:257-261."
)
COOK = (
    "Cook SJ, Jarrell TA, Brittin CA et al. (2019). Whole-animal connectomes of both Caenorhabditis elegans "
    "sexes. "
    "Nature 571:63-71."
)
WHITE = (
    "White JG, Southgate E, Thomson JN, Brenner S (1986). The structure of the nervous system of the "
    "nematode "
    "Caenorhabditis elegans. Phil Trans R Soc Lond B 314:1-340."
)
COOK_PHARYNX = (
    "Cook SJ, Crouse CM, Yemini E, Hall DH, Emmons SW, Hobert O (2020). The connectome of the "
    "Caenorhabditis elegans "
    "pharynx. J Comp Neurol 528:2767-2784."
)
YIM = (
    "Yim H, Choe DT, Bae JA et al. (2024). Comparative connectomics of dauer reveals developmental "
    "plasticity. Nat Commun 15."
)
LICENCE = "table made with cect (MIT); the papers' supplements differ, Nature's are unclear"
TABLES = (File("edges_all_datasets.parquet"), File("neurons.csv"))  # derived, so without a published checksum
WHERE = "scripts/build_celegans_table.py FOLDER, which derives it from the Python package cect 0.3.5 (MIT)"

# name after "celegans/" → (dataset in the table, title, citation)
TABLE_SETS = {
    "cook2019": ("Cook2019Herm", "hermaphrodite, all 302 neurons", COOK),
    "cook2019-male": ("Cook2019Male", "male, the 292 neurons shared with the hermaphrodite", COOK),
    "cook2020-pharynx": ("Cook2020", "pharynx", COOK_PHARYNX),
    "white1986": ("White_whole", "hermaphrodite, whole", WHITE),
    "white1986-adult": ("White_A", "adult hermaphrodite", WHITE),
    "white1986-l4": ("White_L4", "L4 larva", WHITE),
    "yim2024-dauer": ("Yim2024", "dauer larva, nerve ring", YIM),
    **{
        f"witvliet2021-{stage}": (f"Witvliet{stage}", f"brain, developmental stage {stage} of 8", WITVLIET)
        for stage in range(1, 9)
    },
}


def _worm(short: str, title: str, citation: str) -> Dataset:
    return Dataset(
        name=f"celegans/{short}",
        title=f"C. elegans {title}",
        citation=citation,
        licence=LICENCE,
        folder="celegans_connectomes",
        files=TABLES,
        where=WHERE,
        notes=(
            "neurons only; muscles and other cells dropped; gap junctions, listed in both directions, "
            "stored once"
        ),
    )


WORMS = (
    Dataset(
        name="celegans/varshney2011",
        title="C. elegans somatic nervous system, 279 neurons, with transmitters (built in)",
        citation=VARSHNEY,
        licence=(
            "article CC BY (PLOS), table without a licence of its own: CC BY to be confirmed; "
            "transmitters CC BY 4.0"
        ),
        folder="celegans_varshney2011",
        where="within the package",
        notes="2,194 chemical pairs, 6,394 contacts (the paper's text says 6,393), 517 gap-junction pairs",
    ),
    *(_worm(short, title, citation) for short, (_, title, citation) in TABLE_SETS.items()),
)
