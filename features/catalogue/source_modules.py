"""Modules that are imported from their text: those of a folder, and those that another process has sent."""

from __future__ import annotations

import importlib
import sys
import types
from collections.abc import Iterable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec

from features.catalogue.plugin import Plugin


class SourceModules(MetaPathFinder, Loader):
    """Finds modules by their names among texts; what stands above one is a package, empty if it is none of them."""

    def __init__(self) -> None:
        self._plugins: dict[str, Plugin] = {}

    def enter(self, some: Iterable[Plugin]) -> None:
        """Let these be found from now on, and be loaded anew."""
        if self not in sys.meta_path:
            sys.meta_path.append(self)
        for plugin in some:
            self._plugins[plugin.module] = plugin
            sys.modules.pop(plugin.module, None)

    def load(self, plugin: Plugin) -> None:
        """Import one of those entered. Raises ``InvalidSignals`` where that fails."""
        try:
            importlib.import_module(plugin.module)
        except Exception as error:
            raise plugin.not_loaded(error) from error

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: types.ModuleType | None = None
    ) -> ModuleSpec | None:
        """Of a module, or of the package that one is in."""
        del path, target
        is_package = any(name.startswith(f"{fullname}.") for name in self._plugins)
        if fullname not in self._plugins and not is_package:
            return None
        return ModuleSpec(fullname, self, is_package=is_package)

    def exec_module(self, module: types.ModuleType) -> None:
        """Run the text of a module."""
        plugin = self._plugins.get(module.__name__)
        if plugin is not None:
            module.__file__ = plugin.origin
            exec(compile(plugin.source, plugin.origin, "exec", dont_inherit=True), module.__dict__)  # noqa: S102


SOURCE_MODULES = SourceModules()
