"""What the registry knows about a data set."""

from dataclasses import dataclass


@dataclass(frozen=True)
class File:
    """The registry says this of one file of a data set.

    Args:
        name: path within the data set's folder.
        sha256: of its bytes; empty where no checksum is known, and then it is never downloaded.
        packed: True where the checksum is that of the content, since several programs may have packed it: of
            what a gzip file unpacks to (the unpacked file, under its name without `.gz`, is the same file
            then), or of the files within a zip or NPZ file (`checksum_of_members`).
        size_bytes: 0 where unknown.
        url: where it can be downloaded; empty where it must be fetched by hand.
        optional: True where the data set can be loaded without it.
    """

    name: str
    sha256: str = ""
    size_bytes: int = 0
    url: str = ""
    optional: bool = False
    packed: bool = False

    @property
    def names(self) -> tuple[str, ...]:
        """Under which it may lie in its folder."""
        return (self.name, self.name.removesuffix(".gz")) if self.packed else (self.name,)


@dataclass(frozen=True)
class Dataset:
    """The registry says this of one data set.

    Args:
        name: such as `larva/winding2023`.
        title: one line.
        citation: the paper to cite.
        licence: of the data, with how sure we are of it.
        folder: name of its folder within the cache or a `BRAINWRIGHT_DATA` folder.
        files: what it consists of; empty where it is built in.
        where: where it may be had, in words.
        notes: traps and how it is built.
        commercial: False where the licence forbids commercial use, or may.
        also: folders in which other libraries keep the same files.
    """

    name: str
    title: str
    citation: str
    licence: str
    folder: str
    files: tuple[File, ...] = ()
    where: str = ""
    notes: str = ""
    commercial: bool = True
    also: tuple[str, ...] = ()

    @property
    def built_in(self) -> bool:
        """It is True where the data ships with the package."""
        return not self.files
