"""Questions and changes, a module a table. Transactions and dialects live one floor up."""
