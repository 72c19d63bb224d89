"""Recordings of single cells, and spikes of a published model."""

from brainwright.datasets.entry import Dataset, File

RECORDINGS = (
    Dataset(
        name="celegans/calcium_dag2023",
        title="whole-brain calcium of freely moving worms, named neurons, with behaviour",
        citation=(
            "Dag U, Nwabudike I, Kang D et al. (2023). Dissecting the functional organization of the C. "
            "elegans serotonergic system at whole-brain scale. Cell 186:2574-2592."
        ),
        licence="no licence file: unclear",
        folder="celegans_calcium_dag2023",
        where=(
            "github.com/flavell-lab/NSM_5HTR_analysis (data/swf702_with_id/*.h5 with the names of "
            "NeuroPAL_labels_dict.jld2), turned into NPZ once; no script makes it: Julia alone reads JLD2"
        ),
        files=(
            File(
                "swf702_with_id_2022-07-26-31.npz",
                "248e9bf3c41eccfb21c100e2ec94c4b08afbee572fd4c20efe555e330a4340c5",
                947928,
                packed=True,
            ),
            File(
                "swf702_with_id_2022-07-26-38.npz",
                "84e539a152d98aca26d9b47b9d50e281ace768f358c9b233cc628d72280c8529",
                916466,
                packed=True,
            ),
            File(
                "swf702_with_id_2022-07-27-31.npz",
                "2db08073a6c8c915eaafc1d90d291ae21cf1bea9b14db97c0befa6d568cac9b6",
                937440,
                packed=True,
            ),
            File(
                "swf702_with_id_2022-07-27-38.npz",
                "bc8f90d7ebb2c9e27b2cdfc18fd0f5d27827c4a4e9d5ee300b62801bb6d56591",
                883551,
                packed=True,
            ),
            File(
                "swf702_with_id_2022-07-27-45.npz",
                "7b6d55dbe4ecd23c5863b9fc04565eaf323996d99b9b690622e178f147a2d275",
                913756,
                packed=True,
            ),
        ),
    ),
    Dataset(
        name="monkey/golub2018",
        title="a brain-computer interface session with two decoders",
        citation=(
            "Golub MD, Sadtler PT, Oby ER et al. (2018). Learning by neural reassociation. Nat Neurosci "
            "21:607-616."
        ),
        licence="BSD-3-Clause",
        folder="monkey_bci_golub2018",
        where="github.com/mattgolub/bci_learning",
        files=(
            File("LICENSE", "1912129c59ad2cecd9f7c39ba1e3c8b1d1deb4bbb667a13450c93bed7cf3582b", 1515),
            File(
                "exampleData.mat", "f28fab9442dd0564aab00597796785665f1c3d4b4437e3802c4c99c9696512b1", 252829
            ),
        ),
    ),
    Dataset(
        name="monkey/dyer2017",
        title="motor cortex of a monkey during reaches",
        citation=(
            "Dyer EL, Gheshlaghi Azar M, Perich MG et al. (2017). A cryptography-based approach for "
            "movement decoding. Nat Biomed Eng 1:967-976."
        ),
        licence="no licence file: unclear",
        folder="monkey_reach_dyer2017",
        where="github.com/KordingLab/DAD",
        files=(
            File(
                "chewie_demo.mat", "170c7db01cfa790de9e8700dfbdf3050b23c5f907131fdcfa3ae99e1c3ed3d32", 78391
            ),
        ),
    ),
    Dataset(
        name="fly/shiu2024_spikes",
        title="spikes of the published whole-brain model of the fly (no wiring)",
        citation=(
            "Shiu PK, Sterne GR, Spiller N et al. (2024). A Drosophila computational brain model. Nature "
            "634:210-219."
        ),
        licence="MIT",
        folder="shiu2024_lif_reference",
        where="github.com/philshiu/Drosophila_brain_model",
        files=(
            File(
                "root_ids_630.parquet",
                "2f2b110dd951bd32740547193f228e6f263a03d901b165609c3feace0d28ea04",
                469241,
            ),
            File(
                "root_ids_783.parquet",
                "e697fb8682f58166a26871564f4e404809049576f4fbf8192b86e58689989e06",
                493730,
            ),
            File(
                "sez_neurons.json", "e6e08bd7095f3b9722d2f7b084d52da3eddf1c9f4411e640efafa86ff4a4e8d5", 8720
            ),
            File(
                "sugarR-720575940617937543.parquet",
                "e0d39699bd979a5761138dbab964dbfe1c55feb945349cd24bc1c1f9a925753b",
                537629,
            ),
            File(
                "sugarR-720575940621754367.parquet",
                "f7d7cd7386663cbce864d6ca132ce5992d0cdb65f281b30768c3afe0804514a6",
                553968,
            ),
            File(
                "sugarR-720575940622695448.parquet",
                "c6b5e102249e23c30989ad66ad897d81a6453681ba3756dd30c83e956aee803e",
                578825,
            ),
            File(
                "sugarR.parquet", "83921d50089d966785e402d6c0e3be5ab3eba5beb680410a09c557b0f22dcc28", 948526
            ),
            File(
                "sugarR_100Hz.parquet",
                "93722ec03c3faa5a85790d77ed16bdd7f1e38a7c847ed0bc3af3dc2e4d0c3d34",
                557849,
            ),
        ),
    ),
)
