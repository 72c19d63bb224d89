"""Finds recipes: folders of `brainwright.recipes`, listed without importing them, and recipes of the user's
own.
"""

import dataclasses
import importlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import brainwright
import brainwright.recipes
from brainwright.cli.words import UsageError, nearest, program
from brainwright.experiment import Design, Options, check_bounds
from brainwright.runs import ValuesError, plain, provenance, restore

if TYPE_CHECKING:
    from brainwright.report import Finished, Page, Section


@dataclass(frozen=True)
class Recipe:
    """A recipe has a face, and parts that are imported when they are needed.

    Attributes:
        name: on the command line and in `recipe.json`.
        face: the module that holds SUMMARY, SOURCES and Config.
        origin: `path` and `checksum` of a recipe of the user's own.
    """

    name: str
    face: ModuleType
    origin: dict[str, str] = dataclasses.field(default_factory=dict)

    @property
    def summary(self) -> str:
        """It says in one line what the recipe is."""
        return str(getattr(self.face, "SUMMARY", self.name))

    @property
    def sources(self) -> list[str]:
        """It names what the recipe stands on."""
        return [*getattr(self.face, "SOURCES", ())]

    @property
    def config(self) -> type[Options]:
        """These are its options."""
        config = self._of("Config", "")
        if not (
            isinstance(config, type) and issubclass(config, Options) and dataclasses.is_dataclass(config)
        ):
            raise UsageError(f"recipe {self.name}: expected Config to be a dataclass that extends Options")
        return config

    def options_of(self, folder: Path, kept: dict[str, Any]) -> Options:
        """It returns the configuration of a run folder, whose `recipe.json` is given.

        Raises:
            UsageError: it was made with other options than the recipe has now.
        """
        try:
            return restore(self.config, kept["config"])
        except ValuesError as error:
            raise UsageError(
                f"{folder} was made with other options than the recipe {self.name} has now ({error}): open "
                "it with the brainwright that wrote it (its commit is in provenance.json), or begin anew"
            ) from error

    def design(self, config: Options) -> Design:
        """It says what a run of it does. Raises UserError for input that cannot work."""
        check_bounds(config)
        design = self._of("design", "experiment")(config)
        if not isinstance(design, Design):
            raise UsageError(
                f"recipe {self.name}: expected design(config) to return a Design, got {design!r:.60}"
            )
        return design

    def page(self, run: "Finished") -> "Page":
        """It returns the page of a run.

        Raises:
            UsageError: other code made the run, and left out what the page shows now.
        """
        from brainwright.report import standard_page

        sections: Callable[[Finished], Sequence[Section]] = self._of("sections", "page")
        limits = getattr(self._part("page"), "LIMITS", "")
        try:
            parts = sections(run)
        except KeyError as error:
            made_by = tuple(run.provenance.get(key) for key in ("brainwright", "commit"))
            if made_by == (brainwright.__version__, provenance.commit()["commit"]):
                raise  # this very code made the run: a fault of the recipe
            raise UsageError(
                f"{run.folder} lacks {error}, which the page of {self.name} shows now: open it with the "
                "brainwright that wrote it (its commit is in provenance.json), or begin anew"
            ) from error
        return standard_page(self.summary, run, parts, limits, plain(self.config()))

    def _of(self, name: str, part: str) -> Any:
        """It returns what a part of the recipe offers. Raises UsageError where it is missing."""
        module = self._part(part)
        if not hasattr(module, name):
            kind = "a class" if name == "Config" else "a function"
            raise UsageError(f"recipe {self.name}: expected {kind} {name} in {module.__file__}, got none")
        return getattr(module, name)

    def _part(self, part: str) -> ModuleType:
        """It returns a module of the recipe's folder; a recipe in one file holds everything itself."""
        if not part or not hasattr(self.face, "__path__"):
            return self.face
        name, folder = f"{self.face.__name__}.{part}", Path(self.face.__path__[0])
        if not (folder / f"{part}.py").is_file():
            raise UsageError(f"recipe {self.name}: expected {part}.py in {folder}, got none")
        if self.origin:
            from brainwright.cli.own import import_part

            return import_part(name, folder / f"{part}.py")
        return importlib.import_module(name)


def recipe_files() -> dict[str, Path]:
    """It returns name on the command line (dashes) and face of each recipe, sorted by name."""
    faces = [path for folder in brainwright.recipes.__path__ for path in Path(folder).glob("*/__init__.py")]
    named = {path.parent.name: path for path in faces if not path.parent.name.startswith("_")}
    return {name.replace("_", "-"): named[name] for name in sorted(named)}


def recipes_with(option: str) -> list[str]:
    """It returns the names of the recipes here that have an option, which is given without its dashes."""
    field = option.replace("-", "_")
    return [name for name in recipe_files() if field in load_recipe(name).config.__dataclass_fields__]


def load_recipe(name: str) -> Recipe:
    """It returns a recipe by its name, or by the path of one's own. Raises UsageError with the nearest
    name.
    """
    from brainwright.cli.own import is_path, load_own

    if is_path(name):
        return Recipe(*load_own(Path(name)))
    known = recipe_files()
    name = name.replace("_", "-")
    if name not in known:
        near, hint = nearest(name, known), "name a recipe of your own by its path: ./NAME/"
        raise UsageError(f"unknown recipe {name!r}{near}; see {program()} list, and {hint}")
    return Recipe(name, importlib.import_module(f"brainwright.recipes.{known[name].parent.name}"))


def recipe_of(folder: Path, kept: dict[str, Any], name: str | None = None) -> Recipe:
    """It returns the recipe that a run folder was made with.

    Args:
        folder: the run.
        kept: its `recipe.json`.
        name: the recipe that the user named, if any.

    Raises:
        UsageError: another recipe was named; a recipe of one's own has changed, or was never named here.
    """
    from brainwright.cli.own import again, is_path, refuse_changed

    if "checksum" in kept:
        recipe = load_recipe(name if name and is_path(name) else str(again(folder, kept)))
        refuse_changed(folder, kept, recipe.origin["checksum"])
        return recipe
    if name not in (None, kept["recipe"]):
        raise UsageError(f"expected the recipe {kept['recipe']!r} of {folder}, got {name!r}; leave it out")
    if is_path(kept["recipe"]):
        raise UsageError(f"{folder / 'recipe.json'}: expected the name of a recipe, got {kept['recipe']!r}")
    return load_recipe(kept["recipe"])
