"""Where MLflow's pages show a run."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from training.registry.registry import Registry

HOST, PORT = "127.0.0.1", 5000
OF_A_SERVER = ("http:", "https:")
OF_A_WORKSPACE = "databricks"
"""How the address of a store begins that a server shows itself, or a workspace of Databricks."""


def how_to_see(registry: Registry, run_id: str) -> str:
    """What to run and to open to see a run, as one line."""
    path, uri = registry.run_path(run_id), registry.address
    if uri.startswith(OF_A_SERVER):
        return f"{uri.rstrip('/')}/{path}"
    if uri.startswith(OF_A_WORKSPACE):
        return f"the run {run_id} of the workspace"
    return f"shiprisk ui, then http://{HOST}:{PORT}/{path}"
