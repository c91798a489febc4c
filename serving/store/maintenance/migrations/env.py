"""How Alembic runs here: on the connection it is handed, in that transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"])
context.run_migrations()
