"""Fly data sets."""

from brainwright.datasets.entry import Dataset, File

FLYWIRE = (
    "Dorkenwald S, Matsliah A, Sterling AR et al. (2024). Neuronal wiring diagram of an adult brain. Nature "
    "634:124-138. "
    "Schlegel P et al. (2024). Nature 634:139-152. Transmitters: Eckstein N et al. (2024). Cell "
    "187:2574-2594."
)
SHIU = (
    "Shiu PK, Sterne GR, Spiller N et al. (2024). A Drosophila computational brain model. Nature 634:210-219."
)
WINDING = (
    "Winding M, Pedigo BD, Barnes CL et al. (2023). The connectome of an insect brain. Science 379:eadd9330."
)
FLYVIS = (
    "Lappalainen JK, Tschopp FD, Prakhya S et al. (2024). Connectome-constrained networks predict neural "
    "activity across "
    "the fly visual system. Nature 634:1132-1140."
)
NON_COMMERCIAL = "FlyWire data: CC BY-NC 4.0 by secondary sources, unconfirmed; treat as non-commercial"
CODEX = "codex.flywire.ai (API, Download) after signing in"
NEUPRINT_LICENCE = "CC BY 4.0"
RAW = "https://raw.githubusercontent.com"
MALECNS = "https://storage.googleapis.com/flyem-male-cns/v1.0/connectome-data/flat-connectome"
SHIU_REPOSITORY = "github.com/philshiu/Drosophila_brain_model"

ANNOTATIONS = File(
    "neurons_v783.parquet",
    "3a02ad80528050a4e351240d0f0bf715fb2cedb099add55da7210760c1c624d8",
    3_011_923,
    optional=True,
)

FLIES = (
    Dataset(
        name="synthetic/fly_like",
        title="synthetic diagram with the size and spread of an adult fly brain (made on demand)",
        citation="brainwright; evidence about no animal",
        licence="Apache-2.0",
        folder="synthetic",
        where="within the package",
        notes="138,639 cells, 15,091,983 edges by default; options n_cells, n_edges, seed",
    ),
    Dataset(
        name="larva/winding2023",
        title="D. melanogaster larva, whole brain, 2,952 neurons, four kinds of synapse",
        citation=WINDING,
        licence="supplement without a licence file; manuscript CC BY by a secondary source: to be confirmed",
        folder="larva_winding2023",
        files=(
            File(
                "Supplementary-Data-S1.zip",
                "8c1f43809ed5d527ba61b154e377cc21da26383a75eda8aab85ce05607a72a4c",
                1_107_380,
                f"{RAW}/brain-networks/larval-drosophila-connectome/15e065f5c29f08c96ccd64ea8fe0f51510629009/"
                "Supplementary-Data-S1.zip",
            ),
        ),
        where="the paper's Data S1",
        notes=(
            "the matrices of the zip have different row orders; rows are presynaptic; no transmitters "
            "are published"
        ),
    ),
    Dataset(
        name="flywire/783",
        title="adult fly brain, FlyWire v783, 138,639 neurons, 15,091,983 edges, signed",
        citation=f"{FLYWIRE} {SHIU}",
        licence=NON_COMMERCIAL,
        folder="flywire_783",
        files=(
            File("Connectivity_783.parquet"),
            File("Completeness_783.csv"),
            File("neurons_v783.parquet", ANNOTATIONS.sha256, ANNOTATIONS.size_bytes, optional=True),
        ),
        where=f"{SHIU_REPOSITORY} (Connectivity_783.parquet, Completeness_783.csv)",
        notes="annotations are joined where neurons_v783.parquet or the Codex tables are there too",
        commercial=False,
    ),
    Dataset(
        name="flywire/630",
        title="adult fly brain, FlyWire v630, 127,400 neurons, as in Shiu et al. 2024, signed",
        citation=f"{FLYWIRE} {SHIU}",
        licence=NON_COMMERCIAL,
        folder="flywire_630",
        files=(
            File("2023_03_23_connectivity_630_final.parquet"),
            File("2023_03_23_completeness_630_final.csv"),
        ),
        where=SHIU_REPOSITORY,
        commercial=False,
    ),
    Dataset(
        name="flywire/codex",
        title="adult fly brain, FlyWire v783, from the tables that Codex offers for download",
        citation=FLYWIRE,
        licence=NON_COMMERCIAL,
        folder="flywire_codex",
        files=(
            File("connections_princeton.csv.gz"),
            File("neurons.csv.gz", optional=True),
            File("classification.csv.gz", optional=True),
        ),
        where=CODEX,
        notes="one row per neuropil, summed per pair; connections.csv.gz is taken too",
        commercial=False,
    ),
    Dataset(
        name="flywire/annotations",
        title="adult fly brain, FlyWire v783: transmitters, classes, types of 139,255 neurons (no wiring)",
        citation=FLYWIRE,
        licence=NON_COMMERCIAL,
        folder="flywire_v783_annotations",
        files=(
            File("neurons.csv.gz"),
            File("classification.csv.gz"),
            File("consolidated_cell_types.csv.gz", optional=True),
            ANNOTATIONS,
        ),
        where=CODEX,
        notes="neurons_v783.parquet is the first two joined on root_id, with cell types, and is taken first",
        commercial=False,
    ),
    Dataset(
        name="flywire/mushroom_body",
        title="adult fly mushroom body, FlyWire v783, 5,836 neurons, 53,162 edges",
        citation=FLYWIRE,
        licence=NON_COMMERCIAL,
        folder="flywire_mb_circuit",
        files=(
            File(
                "edges.parquet", "f7f3448bf378b41b1f8c8258e3ddc9f257e7a4f56f5e2cdce44eb1d1799dd2ad", 305_715
            ),
            File(
                "neurons.parquet", "93ac93760d94387ff7e0894a53a09c7bc176f114dc1c87d3d68ba657a90a62fe", 40_263
            ),
        ),
        where=(
            "a cut of connections_princeton.csv.gz (codex.flywire.ai) to classes ALPN, Kenyon_Cell, MBON, "
            "DAN, MBIN, made once from another project's cache; made anew where it is missing and the tables "
            "of flywire/codex are here"
        ),
        notes=(
            "the cut lacks KC to DAN, KC to and from APL, and inputs of DAN, and some pairs have fewer than "
            "5 synapses; made anew it has them all, so that figures differ"
        ),
        commercial=False,
    ),
    Dataset(
        name="flyvis/optic_lobe",
        title="fly optic lobe, 65 cell types on a hexagonal lattice, 45,669 cells at extent 15, signed",
        citation=FLYVIS,
        licence="MIT",
        folder="flyvis_connectome",
        files=(
            File(
                "fib25-fib19_v2.2.json",
                "bfbb0766251ff09e22723d0ebbf7b14793e70b3ae8ad0eea64eac9d28223351a",
                618_148,
                f"{RAW}/TuragaLab/flyvis/b0b3365d722fcea0b88669ebc0ebd2914023efd6/flyvis/connectome/"
                "fib25-fib19_v2.2.json",
            ),
        ),
        where="github.com/TuragaLab/flyvis",
        notes="real-valued mean synapse numbers per filter tap",
    ),
    Dataset(
        name="hemibrain",
        title="adult fly central brain, hemibrain v1.2, 21,739 traced neurons",
        citation="Scheffer LK, Xu CS, Januszewski M et al. (2020). eLife 9:e57443.",
        licence=NEUPRINT_LICENCE,
        folder="hemibrain",
        files=(File("traced-total-connections.csv"), File("traced-neurons.csv")),
        where=(
            "https://storage.googleapis.com/hemibrain/v1.2/exported-traced-adjacencies-v1.2.tar.gz, unpacked"
        ),
    ),
    Dataset(
        name="malecns",
        title="adult male fly central nervous system, v1.0",
        citation=(
            "Berg S et al. (2025). Sexual dimorphism in the complete connectome of the Drosophila male "
            "CNS. bioRxiv."
        ),
        licence=NEUPRINT_LICENCE,
        folder="malecns",
        files=(
            File("connectome-weights-male-cns-v1.0-minconf-0.5-traced-only.feather"),
            File("body-annotations-male-cns-v1.0-minconf-0.5.feather"),
            File("body-neurotransmitters-male-cns-v1.0.feather", optional=True),
        ),
        where=MALECNS,
    ),
    Dataset(
        name="manc",
        title="adult male fly nerve cord, export with columns of neuPrint",
        citation=(
            "Takemura S, Hayworth KJ, Huang GB et al. (2024). A connectome of the male ventral nerve "
            "cord. eLife 13."
        ),
        licence=NEUPRINT_LICENCE,
        folder="manc",
        files=(File("traced-total-connections.csv"), File("traced-neurons.csv")),
        where=(
            "neuprint.janelia.org: adjacencies saved as traced-neurons.csv and traced-total-connections.csv"
        ),
    ),
    Dataset(
        name="banc",
        title="adult female fly brain and nerve cord, BANC, from the tables that Codex offers",
        citation=(
            "Bates AS, Phelps JS, Kim M et al. (2025). Distributed control circuits across a "
            "brain-and-cord connectome. bioRxiv."
        ),
        licence="CC BY-NC 4.0 (FlyWire terms, unconfirmed): treat as non-commercial",
        folder="banc",
        files=(
            File("connections_princeton.csv.gz"),
            File("neurons.csv.gz", optional=True),
            File("classification.csv.gz", optional=True),
        ),
        where="codex.flywire.ai (API, Download, BANC)",
        commercial=False,
    ),
)
