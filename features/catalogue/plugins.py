"""Signals from outside: modules that installed packages name, and those of a folder, read before the catalogue is.

A package names a module by an entry point of the group ``shiprisk.signals``, which may be a package of modules;
``SHIPRISK_SIGNALS`` names a folder, of which each file is a module. A module enters its signals by ``@signal``, as ours
do, and their twins by ``@twin``.
"""

from __future__ import annotations

import importlib
import importlib.util
import os
import sys
from collections.abc import Iterable, Iterator
from importlib.machinery import ModuleSpec
from importlib.metadata import entry_points
from pathlib import Path

from features.catalogue.look_ahead import require_no_look_ahead
from features.catalogue.plugin import InvalidSignals, Plugin, is_test
from features.catalogue.source_modules import SOURCE_MODULES
from features.source import words_left_out

GROUP, FOLDER = "shiprisk.signals", "SHIPRISK_SIGNALS"
HOW_TO_LOAD = f"name the folder of signals from outside in {FOLDER}, or install their package"
"""What helps where a model reads a signal that is not here."""
PREFIX = "shiprisk_signals_"
"""What the modules of a folder are called, before the names of their files."""
OURS, NOTEBOOK = "features.signals.", "__main__"
_LOADED: dict[str, Plugin] = {}


def load_plugins() -> None:
    """Import every module from outside, which enters its signals. Raises ``InvalidSignals`` for one that must not."""
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (entry.name, entry.value)):
        _enter_module(entry.module, f"the entry point {entry.name} = {entry.value}")
    folder = os.environ.get(FOLDER)
    if folder:
        for file in _files_of(Path(folder)):
            _enter_sources([Plugin.of_file(PREFIX + file.stem, file)])


def plugins() -> tuple[Plugin, ...]:
    """Those that were loaded, by the names of their modules; a process elsewhere may ``enter_plugins`` of them."""
    return tuple(_LOADED[name] for name in sorted(_LOADED))


def enter_plugins(carried: tuple[Plugin, ...]) -> None:
    """Enter modules from outside as another process has loaded them, but for packages that are installed here."""
    _enter_sources([one for one in carried if _LOADED.get(one.module) != one and not _is_installed(one.module)])


def may_enter(module: str) -> bool:
    """Whether signals of a module may be entered: ours, those from outside, a notebook's, and those of tests."""
    if module.startswith((OURS, PREFIX)) or module == NOTEBOOK or module in _LOADED or is_test(module):
        return True
    return any(_is_within(module, entry.module) for entry in entry_points(group=GROUP))


def _is_within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


def _is_installed(name: str) -> bool:
    """A module of a package; those of a folder never are."""
    try:
        spec = None if name.startswith(PREFIX) else importlib.util.find_spec(name)
    except ImportError:
        return False
    return spec is not None and spec.loader is not SOURCE_MODULES


def code_of_plugins(modules: set[str]) -> bytes:
    """The code of all modules from outside without its words, as they may use each other; nothing if none is given."""
    if modules.isdisjoint(_LOADED):
        return b""
    return b"".join(f"\0{words_left_out(plugin.source)}".encode() for plugin in plugins())


def _files_of(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise InvalidSignals(f"{FOLDER} must be a folder of Python files with signals, got {folder}, which is none")
    yield from sorted(file for file in folder.glob("*.py") if not file.name.startswith(("_", "test_")))


def _enter_module(name: str, origin: str) -> None:
    """A module of an installed package with all that stand below it, imported as they stand there."""
    try:
        spec = importlib.util.find_spec(name)
    except ImportError as error:
        raise InvalidSignals(f"the signals of {origin} must be importable, got {error}") from error
    if spec is None or spec.origin is None:
        raise InvalidSignals(f"the signals of {origin} must be importable, got no module {name}")
    plugin = Plugin.of_file(name, Path(spec.origin), origin)
    for one in (plugin, *_modules_below(spec, origin)):
        require_no_look_ahead(one)
    try:
        importlib.import_module(name)
    except Exception as error:
        raise plugin.not_loaded(error) from error
    for one in (plugin, *_imported_below(name, origin)):
        require_no_look_ahead(one)
        _LOADED[one.module] = one


def _modules_below(spec: ModuleSpec, origin: str) -> Iterator[Plugin]:
    """The modules of a package, none of which is imported for that."""
    for folder in map(Path, spec.submodule_search_locations or ()):
        for file in sorted(folder.rglob("*.py")):
            parts = file.relative_to(folder).with_suffix("").parts
            module = ".".join([spec.name, *(parts[:-1] if parts[-1] == "__init__" else parts)])
            if module != spec.name and not is_test(module):
                yield Plugin.of_file(module, file, f"{origin}, {module}")


def _imported_below(name: str, origin: str) -> Iterator[Plugin]:
    """The modules of a package that are imported."""
    for module in sorted(name_of for name_of in sys.modules if name_of.startswith(f"{name}.") and not is_test(name_of)):
        file = getattr(sys.modules[module], "__file__", None)
        if file is not None and file.endswith(".py"):
            yield Plugin.of_file(module, Path(file), f"{origin}, {module}")


def _enter_sources(some: Iterable[Plugin]) -> None:
    """Modules by their texts, which may import each other."""
    some = list(some)
    for plugin in some:
        require_no_look_ahead(plugin)
    SOURCE_MODULES.enter(some)
    before = dict(_LOADED)
    _LOADED.update({plugin.module: plugin for plugin in some})
    try:
        for plugin in some:
            SOURCE_MODULES.load(plugin)
    except InvalidSignals:
        _LOADED.clear()
        _LOADED.update(before)
        raise
