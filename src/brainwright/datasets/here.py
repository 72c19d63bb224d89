"""Whether all files of a data set are here."""

from brainwright.datasets.locate import find, require
from brainwright.datasets.registry import dataset


def there(name: str) -> bool:
    """It says whether every file of a data set, but for optional ones, is here. Raises DatasetError for an
    unknown name.
    """
    entry = dataset(name)
    return all(find(entry, file) is not None for file in entry.files if not file.optional)


def require_all(name: str) -> None:
    """Raises MissingData, which names the file and says where to put it, unless every file of a data set is
    here.
    """
    entry = dataset(name)
    for file in entry.files:
        if not file.optional:
            require(entry, file)
